/**
 * What has passed through a virtual service, a real server or the whole director: the counters of `ipvsadm --stats`.
 * Bytes are those of the IP packet. Under Route and Tunnel the replies take another way, and the outgoing ones stay 0.
 *
 * Counts are doubles, exact up to 2^53: at 100 Gbit/s that is 22 years of bytes.
 */
export class TrafficStats {
  connections = 0;
  inPackets = 0;
  inBytes = 0;
  outPackets = 0;
  outBytes = 0;

  /** A connection has been scheduled. */
  countConnection(): void {
    this.connections += 1;
  }

  /** A packet of so many bytes from a client. */
  countIn(bytes: number): void {
    this.inPackets += 1;
    this.inBytes += bytes;
  }

  /** A packet of so many bytes to a client. */
  countOut(bytes: number): void {
    this.outPackets += 1;
    this.outBytes += bytes;
  }

  /** Packets of so many bytes in all, from a client. */
  countManyIn(packets: number, bytes: number): void {
    this.inPackets += packets;
    this.inBytes += bytes;
  }

  /** Packets of so many bytes in all, to a client. */
  countManyOut(packets: number, bytes: number): void {
    this.outPackets += packets;
    this.outBytes += bytes;
  }

  /** Starts again from 0 (`ipvsadm -Z`). Its `RateEstimator` has to be reset with it. */
  reset(): void {
    this.connections = 0;
    this.inPackets = 0;
    this.inBytes = 0;
    this.outPackets = 0;
    this.outBytes = 0;
  }
}
