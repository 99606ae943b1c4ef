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

  interface Wrap {
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      callback: (sent: number) => void,
    ): void;
  }

  /** A raw IP socket. Received messages are slices of one reused buffer and begin with the IPv4 header. */
  export class Socket extends EventEmitter {
    readonly wrap: Wrap;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    close(): void;
  }

  export interface RawSocketModule {
    createSocket(options: { protocol: number; bufferSize?: number }): Socket;
  }

  const raw: RawSocketModule;
  export default raw;
}
