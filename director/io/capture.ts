import type { Buffer } from 'node:buffer';

import type { Cap } from 'cap';

import type { CapConstructor } from './native.js';

/** What a libpcap handle is opened with. */
export interface CaptureOptions {
  readonly device: string;
  /** In libpcap's language. */
  readonly filter: string;
  /** The kernel's buffer for frames that wait. */
  readonly bufferBytes: number;
  /** Where each frame is written; what does not fit is cut off. */
  readonly memory: Buffer;
}

/**
 * A libpcap handle that can be opened anew. One whose device was set down hears nothing any more, even when the device is
 * back.
 */
export class Capture {
  readonly #Cap: CapConstructor;
  readonly #options: CaptureOptions;
  readonly #receive: (length: number) => void;
  #cap: Cap | undefined;

  /** Opens the handle; throws what libpcap says. `receive` gets the length of each frame, once it is in the memory. */
  constructor(Cap: CapConstructor, options: CaptureOptions, receive: (length: number) => void) {
    this.#Cap = Cap;
    this.#options = options;
    this.#receive = receive;
    this.#open();
  }

  /** Sends the first `length` bytes as a frame. Throws when the kernel refuses it. */
  send(frame: Buffer, length: number): void {
    if (this.#cap === undefined) throw new Error('the device is down');
    this.#cap.send(frame, length);
  }

  /** Begins anew; what waits unread is lost. A device that cannot be opened is silent until the next time. */
  reopen(): void {
    this.close();
    try {
      this.#open();
    } catch {
      // It has gone again, or is another kind of device now.
    }
  }

  close(): void {
    this.#cap?.close();
    this.#cap?.removeAllListeners(); // What they hold, the closed handle would hold for ever.
    this.#cap = undefined;
  }

  #open(): void {
    const { device, filter, bufferBytes, memory } = this.#options;
    const cap = new this.#Cap();
    cap.open(device, filter, bufferBytes, memory);
    cap.on('packet', this.#receive);
    this.#cap = cap;
  }
}
