/** Classes of keyspace events, as the servers name them: a letter each. */
const CLASSES = /^[KEg$lshzxetdmnA]*$/

/** The value of notify-keyspace-events in the form it is stored in; undefined when it is none. */
export const readEvents = (text: string): string | undefined => (CLASSES.test(text) ? text : undefined)
