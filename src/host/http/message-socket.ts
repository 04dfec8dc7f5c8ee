/** A ws WebSocket as the house's MessageSocket, with back-pressure in both directions. */
import type { RawData, WebSocket } from 'ws';
import type { MessageSocket, SocketMessage } from '#base/streams.ts';

/** Above this many unread messages the socket is not read from. */
const maxUnread = 16;

export function messageSocket(webSocket: WebSocket, protocol: string): MessageSocket {
  return {
    protocol,
    messages: readMessages(webSocket),
    send: (message) =>
      new Promise((resolve, reject) => {
        webSocket.send(message, (error) => (error == null ? resolve() : reject(error)));
      }),
    close: (code, reason) => webSocket.close(code, reason),
  };
}

function readMessages(webSocket: WebSocket): AsyncIterable<SocketMessage> {
  const unread: SocketMessage[] = [];
  let failure: Error | undefined;
  let isClosed = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    unread.push({ data: bytesOf(data), isText: !isBinary });
    if (unread.length > maxUnread) webSocket.pause();
    notify();
  });
  webSocket.on('error', (error) => {
    failure = error;
  });
  webSocket.on('close', () => {
    isClosed = true;
    notify();
  });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const message = unread.shift();
        if (message !== undefined) {
          if (webSocket.isPaused && unread.length === 0) webSocket.resume();
          yield message;
        } else if (failure !== undefined) throw failure;
        else if (isClosed) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
