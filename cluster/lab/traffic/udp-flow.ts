import { createSocket, type Socket } from 'node:dgram';

import { wallClockMs } from './clock.js';
import { endpoint, type BreakReason } from './flow-record.js';
import { answerFault, type Flow, type FlowOptions } from './flow.js';
import { encodePatternFrame, parseDatagram } from './frame.js';
import { payloadLength } from './pattern.js';

/** The largest request: fits an Ethernet frame with room for a tunnel header. */
const MaxPayload = 1_200;

/**
 * A UDP flow of the client: a request every interval whether the last was answered or not, always from the same port.
 * Lost requests are only counted; the gaps between answers measure the blackout to about one interval.
 */
export class UdpFlow implements Flow {
  readonly #options: FlowOptions;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #sequence = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  open(): void {
    const { address, port, connectTimeoutMs, intervalMs } = this.#options;
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#socket = socket;
    this.#deadline = setTimeout(
      () => this.#break('timeout', `no answer within ${connectTimeoutMs} ms`),
      connectTimeoutMs,
    );
    socket.on('error', (error) => {
      // Once connected, an ICMP error for a request is a lost request: a fail-over may cause some.
      if (this.#timer === undefined) this.#break('unreachable', error.message);
    });
    socket.on('message', (bytes) => this.#receive(bytes));
    socket.once('connect', () => {
      if (this.#socket !== socket) return;
      const local = socket.address();
      this.#options.recorder.bound(endpoint(local.address, local.port));
      this.#timer = setInterval(() => this.#request(socket), intervalMs);
      this.#request(socket);
    });
    socket.connect(port, address);
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#deadline);
    this.#socket?.removeAllListeners('message');
    this.#socket?.close();
    this.#socket = undefined;
  }

  #request(socket: Socket): void {
    const key = { ...this.#options.key, sequence: this.#sequence, sender: '' };
    this.#sequence += 1;
    this.#options.recorder.requestSent();
    socket.send(encodePatternFrame('request', key, payloadLength(key, MaxPayload)), () => {});
  }

  #receive(bytes: Uint8Array): void {
    const { recorder, listener, key, exchanges } = this.#options;
    const frame = parseDatagram(bytes);
    if (typeof frame === 'string') return this.#break('mismatch', `answer: ${frame}`);
    const fault = answerFault(frame, key, recorder.record.server, MaxPayload);
    if (fault !== undefined) return this.#break(fault.reason, fault.text);
    if (frame.sequence >= this.#sequence) {
      return this.#break('mismatch', `answer ${frame.sequence} to a request that was not sent`);
    }
    const now = wallClockMs();
    if (!recorder.isConnected) {
      clearTimeout(this.#deadline);
      recorder.connected(now);
      listener.settled(recorder);
    }
    const gapMs = recorder.answered(now, frame.sender, frame.payload.length);
    if (gapMs > 0) listener.resumed(recorder, now, gapMs);
    if (recorder.record.exchanges !== exchanges) return;
    this.close();
    listener.ended?.(recorder);
  }

  #break(reason: BreakReason, text: string): void {
    this.close();
    const { recorder, listener } = this.#options;
    if (recorder.broke(wallClockMs(), reason, text)) listener.broke(recorder);
  }
}
