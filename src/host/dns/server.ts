/** UDP and TCP sockets around the resolver, and the forwarder to the machine's own name servers. */
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { View } from '#dns/answer.ts';
import { type Forwarder, type ResolverOptions, resolveMessage } from '#dns/resolver.ts';

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on one address, UDP and TCP alike. Rejects if the address is taken. `port` 0: chosen. */
export async function serveDns(
  view: View,
  options: ResolverOptions,
  address: string,
  port: number,
): Promise<DnsServer> {
  const udp = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  udp.on('message', (message, peer) => {
    void resolveMessage(view, options, message, 'udp').then((answer) => {
      if (answer !== undefined) udp.send(answer, peer.port, peer.address, () => {});
    });
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject).bind(port, address, resolve);
  });
  udp.removeAllListeners('error').on('error', () => {});
  const bound = udp.address().port;
  const sockets = new Set<TcpSocket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    serveConnection(socket, (message) => resolveMessage(view, options, message, 'tcp'));
  });
  await listenTcp(tcp, bound, address, udp);
  return {
    port: bound,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((done) => udp.close(() => done())),
        new Promise<void>((done) => tcp.close(() => done())),
      ]);
    },
  };
}

function listenTcp(tcp: Server, port: number, address: string, udp: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    tcp.once('error', (error) => {
      udp.close();
      reject(error);
    });
    tcp.listen(port, address, resolve);
  });
}

/** Messages over TCP carry their length in two bytes. Several may follow each other. */
function serveConnection(socket: TcpSocket, answer: (message: Uint8Array) => Promise<Uint8Array | undefined>): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0);
      const message = buffered.subarray(2, end);
      buffered = buffered.subarray(end);
      void answer(message).then((bytes) => {
        if (bytes !== undefined && !socket.destroyed) socket.write(framed(bytes));
      });
    }
  });
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(message.length + 2);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

/** The name servers of resolv.conf, less our own addresses (they would loop). */
export function machineNameServers(ownAddresses: readonly string[], file = '/etc/resolv.conf'): string[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] as string);
  return servers.filter((server) => !ownAddresses.includes(server) && /^[\d.]+$/.test(server));
}

/** Asks the servers in order, two seconds each. Undefined without servers. */
export function createForwarder(servers: readonly string[]): Forwarder | undefined {
  if (servers.length === 0) return undefined;
  return async (message, transport) => {
    let failure: unknown;
    for (const server of servers) {
      try {
        return transport === 'udp' ? await askUdp(server, message) : await askTcp(server, message);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

const askTimeoutMs = 2000;

function askUdp(server: string, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => finish(new Error(`${server} did not answer`)), askTimeoutMs);
    const finish = (result: Uint8Array | Error): void => {
      clearTimeout(timer);
      socket.close();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.once('error', finish);
    socket.on('message', (answer) => {
      if (answer[0] === message[0] && answer[1] === message[1]) finish(answer);
    });
    socket.send(message, 53, server);
  });
}

function askTcp(server: string, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect(53, server, () => socket.write(framed(message)));
    let buffered: Buffer = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(askTimeoutMs, () => fail(new Error(`${server} did not answer`)));
    socket.on('error', fail).on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      if (buffered.length < 2 || buffered.length < 2 + buffered.readUInt16BE(0)) return;
      socket.destroy();
      resolve(buffered.subarray(2, 2 + buffered.readUInt16BE(0)));
    });
  });
}
