/** What marks the parts of a file, and the types of values in it. */

export const OPCODES = {
  slotImport: 243,
  slot: 244,
  library: 245,
  libraryOfCandidates: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resize: 251,
  expiryMs: 252,
  expirySeconds: 253,
  database: 254,
  end: 255,
} as const

export const TYPES = {
  string: 0,
  list: 1,
  set: 2,
  zsetOfText: 3,
  hash: 4,
  zset: 5,
  moduleOfCandidates: 6,
  module: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listOfZiplists: 14,
  streamFirst: 15,
  hashListpack: 16,
  zsetListpack: 17,
  listOfListpacks: 18,
  streamSecond: 19,
  setListpack: 20,
  streamThird: 21,
  hashOfExpiring: 22,
} as const

/** The newest version of the file format that each engine writes; another of Valkey's, from its version 9 on, is read. */
export const FORMATS = { redis: 10, valkey: 11 } as const
export const NEWEST_FORMAT = 80
/** Formats of Redis that are not Valkey's, nor ours. */
export const FIRST_FOREIGN = 12
