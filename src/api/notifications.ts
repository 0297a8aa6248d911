/** A notification as SNS delivers it over HTTP. It is not signed: there is no certificate of AWS's here to sign it with. */
export interface SnsNotification {
  readonly Type: 'Notification'
  readonly MessageId: string
  /** Of the event it tells of; grows. */
  readonly SequenceNumber: string
  readonly TopicArn: string
  readonly Subject: string
  readonly Message: string
  /** ISO 8601, of the engine's clock. */
  readonly Timestamp: string
  readonly MessageAttributes: Readonly<Record<string, { readonly Type: 'String'; readonly Value: string }>>
}

/** What `GET` and `POST` of the control route for notifications say. */
export interface NotificationSettings {
  /** Where each notification is sent besides the file; null: nowhere. */
  readonly webhook: string | null
}
