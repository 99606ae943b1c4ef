import { connect, type Socket } from 'node:net';

import { wallClockMs } from './clock.js';
import { endpoint, type BreakReason } from './flow-record.js';
import { answerFault, type Flow, type FlowOptions } from './flow.js';
import { encodePatternFrame, FrameParser, type Frame } from './frame.js';
import { payloadLength } from './pattern.js';

/** The largest request: two segments on an Ethernet, so that some requests are split on the way. */
const MaxPayload = 2_000;

/**
 * A TCP flow of the client: one request at a time, the next one when the answer is there and the interval has passed. A
 * stall is therefore what an application would see, the retransmission back-off of the kernel included.
 */
export class TcpFlow implements Flow {
  readonly #options: FlowOptions;
  readonly #parser = new FrameParser();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;
  #sentAt = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  open(): void {
    const { address, port, connectTimeoutMs } = this.#options;
    const socket = connect({ host: address, port, noDelay: true });
    this.#socket = socket;
    this.#timer = setTimeout(
      () => this.#break('timeout', `no connection within ${connectTimeoutMs} ms`),
      connectTimeoutMs,
    );
    socket.on('connect', () => this.#connected(socket));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#break(reasonOf(error.code), error.message),
    );
    socket.on('close', () => this.#break('closed', 'the other end closed the connection'));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  #connected(socket: Socket): void {
    clearTimeout(this.#timer);
    const { recorder, listener, pauseMs = 0 } = this.#options;
    recorder.bound(endpoint(socket.localAddress ?? '', socket.localPort ?? 0));
    recorder.connected(wallClockMs());
    listener.settled(recorder);
    if (pauseMs === 0) this.#request();
    else this.#timer = setTimeout(() => this.#request(), pauseMs);
  }

  #request(): void {
    const key = { ...this.#options.key, sequence: this.#sequence, sender: '' };
    this.#sentAt = wallClockMs();
    this.#options.recorder.requestSent();
    this.#socket?.write(encodePatternFrame('request', key, payloadLength(key, MaxPayload)));
  }

  #receive(chunk: Uint8Array): void {
    for (const frame of this.#parser.push(chunk)) {
      if (!this.#take(frame)) return;
    }
    const fault = this.#parser.fault;
    if (fault !== undefined) this.#break('mismatch', `answer ${this.#sequence}: ${fault}`);
  }

  /** Judges an answer; false when it ends the flow. */
  #take(frame: Frame): boolean {
    const { recorder, listener, key, intervalMs, exchanges } = this.#options;
    const fault =
      answerFault(frame, key, recorder.record.server, MaxPayload) ??
      this.#orderFault(frame.sequence);
    if (fault !== undefined) {
      this.#break(fault.reason, fault.text);
      return false;
    }
    const now = wallClockMs();
    const gapMs = recorder.answered(now, frame.sender, frame.payload.length);
    if (gapMs > 0) listener.resumed(recorder, now, gapMs);
    this.#sequence += 1;
    if (recorder.record.exchanges === exchanges) {
      this.close();
      listener.ended?.(recorder);
      return false;
    }
    this.#timer = setTimeout(
      () => this.#request(),
      Math.max(0, this.#sentAt + intervalMs - wallClockMs()),
    );
    return true;
  }

  /** The answer must be to the request that is under way, and there must be one. */
  #orderFault(sequence: number): { reason: BreakReason; text: string } | undefined {
    const underWay = this.#options.recorder.record.sent > this.#sequence;
    if (underWay && sequence === this.#sequence) return undefined;
    return { reason: 'mismatch', text: `answer ${sequence} came, not ${this.#sequence}` };
  }

  #break(reason: BreakReason, text: string): void {
    this.close();
    const { recorder, listener } = this.#options;
    if (recorder.broke(wallClockMs(), reason, text)) listener.broke(recorder);
  }
}

function reasonOf(code: string | undefined): BreakReason {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
      return 'reset';
    case 'EPIPE':
      return 'closed';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
