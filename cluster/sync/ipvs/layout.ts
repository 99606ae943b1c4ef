/**
 * Where things are in the messages, in network byte order.
 *
 *     version 0                                version 1
 *     0 count                                  0 reserved, 0
 *     1 sync id                                1 sync id
 *     2 size of the message (2)                2 size of the message (2)
 *     4 records                                4 count
 *                                              5 version, 1
 *                                              6 spare, 0 (2)
 *                                              8 records, each starting at a multiple of 4
 *
 * The offsets of a record are counted from its start. The addresses of version 1 are of 4 or 16 bytes each.
 */
export const Header0 = { count: 0, syncId: 1, size: 2, length: 4 } as const;

export const Header1 = {
  reserved: 0,
  syncId: 1,
  size: 2,
  count: 4,
  version: 5,
  spare: 6,
  length: 8,
} as const;

/** `struct ip_vs_sync_conn_v0`; the sequences follow if a flag says so. */
export const Record0 = {
  reserved: 0,
  protocol: 1,
  clientPort: 2,
  virtualPort: 4,
  realPort: 6,
  client: 8,
  virtual: 12,
  real: 16,
  flags: 20,
  state: 22,
  length: 24,
} as const;

/** `struct ip_vs_sync_v4` and `ip_vs_sync_v6`; options of type, length and data follow up to the record's size. */
export const Record1 = {
  type: 0,
  protocol: 1,
  /** 4 bits of version, 12 bits of size. */
  versionSize: 2,
  flags: 4,
  state: 8,
  clientPort: 10,
  virtualPort: 12,
  realPort: 14,
  firewallMark: 16,
  timeout: 20,
  addresses: 24,
} as const;

/** Types of a version 1 record. */
export const RecordType = { ipv4: 0, ipv6: 1 } as const;

/** The part of `versionSize` that is the size. */
export const sizeMask = 0xfff;

/** Type and length in front of an option's data. */
export const optionHeader = 2;
