/** Flags of a connection in a sync message (include/uapi/linux/ip_vs.h). Version 0 has room for the low 16 bits. */
export const IpvsFlag = {
  /** The forwarding method: a number, not bits. */
  methodMask: 0x7,
  /** Only the client's half passes the director. */
  noOutput: 0x80,
  /** Not established: counted among the inactive connections of its real server. */
  inactive: 0x100,
  /** Sequence numbers of TCP are shifted, by a helper that rewrites payload: ftp. */
  outSequence: 0x200,
  inSequence: 0x400,
  /** The client's port is not known yet: the data connection of ftp. */
  noClientPort: 0x800,
  template: 0x1000,
  /** Every packet is scheduled for itself: there is nothing to tell. */
  onePacket: 0x2000,
} as const;

/** Either of the flags that say that sequence numbers follow. */
export const sequenceFlags = IpvsFlag.outSequence | IpvsFlag.inSequence;

/** What a backup takes over from a message (IP_VS_CONN_F_BACKUP_MASK); the others are the sender's own affair. */
export const backupFlags =
  IpvsFlag.methodMask |
  IpvsFlag.noOutput |
  IpvsFlag.inactive |
  sequenceFlags |
  IpvsFlag.noClientPort |
  IpvsFlag.template;
