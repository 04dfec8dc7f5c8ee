import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { constants, createDeflate, createInflate } from 'node:zlib';
import fc from 'fast-check';
import { Channel } from '#base/channel.ts';
import type { Duplex } from '#base/streams.ts';
import {
  controlFrame,
  dataFrame,
  FrameReader,
  frameTypes,
  HeaderReader,
  HeaderWriter,
  numberAt,
  numbers,
  type SpdyFrame,
} from '#wire/spdy/frames.ts';
import { headerDictionary } from '#wire/spdy/header-dictionary.ts';
import { Inflate } from '#wire/spdy/inflate.ts';
import { SpdySession } from '#wire/spdy/session.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** zlib of the other side, flushing after each piece. */
function peerDeflate(options: { level?: number; dictionary?: Uint8Array } = {}) {
  const deflate = createDeflate({ flush: constants.Z_SYNC_FLUSH, ...options });
  return async (piece: Uint8Array): Promise<Uint8Array> => {
    const parts: Buffer[] = [];
    const collect = (part: Buffer): void => void parts.push(part);
    deflate.on('data', collect);
    await new Promise<void>((resolve) => deflate.write(piece, () => deflate.flush(constants.Z_SYNC_FLUSH, resolve)));
    deflate.off('data', collect);
    return Buffer.concat(parts);
  };
}

for (const level of [0, 1, 6, 9]) {
  test(`pieces compressed at level ${level} with the dictionary come out as they were`, async () => {
    const deflate = peerDeflate({ level, dictionary: headerDictionary });
    const inflate = new Inflate(headerDictionary);
    for (const text of [
      'content-type: text/plain',
      '',
      'content-type: text/plain, again',
      'x'.repeat(70_000),
      'mozilla status charset',
    ]) {
      assert.equal(decoder.decode(inflate.next(await deflate(encoder.encode(text)))), text);
    }
  });
}

test('any bytes come out as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }), async (pieces) => {
      const deflate = peerDeflate();
      const inflate = new Inflate(headerDictionary);
      for (const piece of pieces)
        assert.deepEqual(Uint8Array.from(inflate.next(await deflate(piece))), Uint8Array.from(piece));
    }),
    { numRuns: 60 },
  );
});

test('what is no zlib stream is refused, however it is damaged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      try {
        assert.ok(new Inflate(headerDictionary).next(bytes).byteLength <= 2 ** 21);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
  );
  assert.throws(() => new Inflate(headerDictionary).next(encoder.encode('hello')), /not compressed/);
});

test('headers are read as they were written, and zlib reads them, too', async () => {
  const writer = new HeaderWriter();
  const reader = new HeaderReader();
  const inflate = createInflate({ dictionary: headerDictionary });
  for (const headers of [
    new Map([
      ['streamtype', ['data']],
      ['port', ['80', '81']],
    ]),
    new Map(),
    new Map([['a', ['']]]),
  ]) {
    const block = writer.write(headers);
    assert.deepEqual(reader.read(block), headers);
    inflate.write(block);
    const [output] = await once(inflate, 'data');
    assert.equal((output as Buffer).readUInt32BE(0), headers.size);
  }
});

test('frames are read however they are cut', () => {
  const whole = Buffer.concat([
    dataFrame(7, encoder.encode('hello'), false),
    controlFrame(frameTypes.ping, 0, numbers(1)),
    dataFrame(7, new Uint8Array(), true),
  ]);
  for (let cut = 1; cut < whole.byteLength; cut++) {
    const reader = new FrameReader();
    const frames = [...reader.push(whole.subarray(0, cut)), ...reader.push(whole.subarray(cut))];
    const seen = frames.map((frame) =>
      frame.kind === 'data'
        ? `${frame.streamId} ${decoder.decode(frame.payload)} ${frame.isLast}`
        : `control ${frame.type}`,
    );
    assert.deepEqual(seen, ['7 hello false', 'control 6', '7  true']);
  }
});

test('another version is refused', () => {
  const frame = controlFrame(frameTypes.ping, 0, numbers(1));
  frame[1] = 2;
  assert.throws(() => [...new FrameReader().push(frame)], /unknown version of SPDY: 2/);
});

/** A connection whose other end the test holds. */
function connection() {
  const toServer = new Channel<Uint8Array>(1000);
  const fromServer: SpdyFrame[] = [];
  const reader = new FrameReader();
  let wake: (() => void) | undefined;
  const duplex: Duplex = {
    readable: toServer,
    write(chunk) {
      fromServer.push(...reader.push(chunk.slice()));
      wake?.();
      return Promise.resolve();
    },
    end: () => {},
    destroy: () => {},
  };
  const frame = async (matches: (frame: SpdyFrame) => boolean): Promise<SpdyFrame> => {
    for (;;) {
      const found = fromServer.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { duplex, send: (bytes: Uint8Array) => void toServer.push(bytes), frame, hangUp: () => toServer.end() };
}

async function opened() {
  const peer = connection();
  const session = new SpdySession(peer.duplex);
  const deflate = peerDeflate({ dictionary: headerDictionary });
  const name = encoder.encode('streamtype');
  const value = encoder.encode('stdin');
  const block = await deflate(
    Buffer.concat([numbers(1), numbers(name.byteLength), name, numbers(value.byteLength), value]),
  );
  peer.send(controlFrame(frameTypes.synStream, 0, Buffer.concat([numbers(1, 0), Buffer.from([0, 0]), block])));
  const [stream] = await Array.fromAsync(take(session.streams, 1));
  assert.ok(stream);
  return { ...peer, session, stream };
}

async function* take<T>(from: AsyncIterable<T>, count: number): AsyncIterable<T> {
  let left = count;
  for await (const value of from) {
    yield value;
    if (--left === 0) return;
  }
}

test('a stream is opened, answered, and carries bytes both ways', async () => {
  const { stream, send, frame } = await opened();
  assert.deepEqual(stream.headers, new Map([['streamtype', ['stdin']]]));
  await frame(
    (answer) => answer.kind === 'control' && answer.type === frameTypes.synReply && numberAt(answer.payload, 0) === 1,
  );
  send(dataFrame(1, encoder.encode('in'), false));
  send(dataFrame(1, encoder.encode('put'), true));
  const chunks = await Array.fromAsync(stream.readable);
  assert.equal(chunks.map((chunk) => decoder.decode(chunk)).join(''), 'input');
  await stream.write(encoder.encode('output'));
  await stream.end();
  await frame((answer) => answer.kind === 'data' && decoder.decode(answer.payload) === 'output');
  await frame((answer) => answer.kind === 'data' && answer.isLast);
});

test('windows are given back, of the stream only once it was read', async () => {
  const { stream, send, frame } = await opened();
  send(dataFrame(1, new Uint8Array(1000), true));
  const isWindow = (id: number) => (answer: SpdyFrame) =>
    answer.kind === 'control' && answer.type === frameTypes.windowUpdate && numberAt(answer.payload, 0) === id;
  await frame(isWindow(0));
  await Array.fromAsync(stream.readable);
  const given = await frame(isWindow(1));
  assert.equal(given.kind === 'control' ? numberAt(given.payload, 4) : 0, 1000);
});

test('pings of the client are answered', async () => {
  const { send, frame } = await opened();
  send(controlFrame(frameTypes.ping, 0, numbers(7)));
  await frame(
    (answer) => answer.kind === 'control' && answer.type === frameTypes.ping && numberAt(answer.payload, 0) === 7,
  );
});

test('a stream that is reset, or whose connection is lost, fails', async () => {
  const first = await opened();
  first.send(controlFrame(frameTypes.reset, 0, numbers(1, 5)));
  await assert.rejects(Array.fromAsync(first.stream.readable), /reset the stream/);
  const second = await opened();
  second.hangUp();
  await assert.rejects(Array.fromAsync(second.stream.readable), /connection was closed/);
});
