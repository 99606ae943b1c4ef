declare module 'cap' {
  import type { EventEmitter } from 'node:events';

  /** One capture handle of libpcap on one device. */
  export class Cap extends EventEmitter {
    /** Starts capturing into `buffer`; returns the link type, 'ETHERNET' for most devices. */
    open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
    /** Sends the first `length` bytes of `buffer` as a frame. Throws when the kernel refuses. */
    send(buffer: Buffer, length?: number): void;
    close(): void;
  }

  const cap: { readonly Cap: typeof Cap };
  export default cap;
}

declare module 'raw-socket' {
  import type { EventEmitter } from 'node:events';

  /** The system calls behind a socket: each is made at once and throws what the kernel says. */
  interface Wrap {
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      callback: (sent: number) => void,
    ): void;
    /** Reads one message that waits; throws when there is none. */
    recv(buffer: Buffer, callback: (buffer: Buffer, length: number, source: string) => void): void;
    getOption(level: number, option: number, value: Buffer, length: number): number;
  }

  /**
   * A raw IP socket. Received messages are slices of one reused buffer; they begin with the IPv4 header, and behind the
   * IPv6 header.
   */
  export class Socket extends EventEmitter {
    readonly wrap: Wrap;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    pauseRecv(): this;
    close(): void;
  }

  export interface RawSocketModule {
    /** Numbers by the names of the families. */
    readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
    createSocket(options: {
      protocol: number;
      addressFamily?: number;
      bufferSize?: number;
    }): Socket;
  }

  const raw: RawSocketModule;
  export default raw;
}
