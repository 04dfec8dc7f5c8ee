/** Connections from this machine, and TLS over connections that somebody else made: what the API server's proxies need. */
import { connect } from 'node:net';
import { Duplex as NodeDuplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from '#base/streams.ts';
import { socketDuplex } from '#host/http/socket-duplex.ts';

const connectTimeoutMs = 30_000;

export const machineDialer = {
  dial(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: connectTimeoutMs });
      socket.once('error', reject);
      socket.once('timeout', () => socket.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', reject);
        resolve(socketDuplex(socket));
      });
    });
  },

  /** The certificate is not verified: proxies go to pods, whose authorities nobody knows. */
  secure(connection: Duplex, serverName: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const named = /^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName };
      const socket = connectTls({ socket: nodeDuplex(connection), rejectUnauthorized: false, ...named });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.off('error', reject);
        resolve(socketDuplex(socket));
      });
    });
  },
};

/** The house's Duplex as Node's. */
function nodeDuplex(connection: Duplex): NodeDuplex {
  const chunks = connection.readable[Symbol.asyncIterator]();
  return new NodeDuplex({
    read() {
      chunks.next().then(
        ({ value, done }) => this.push(done === true ? null : value),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      connection.write(chunk).then(() => done(), done);
    },
    final(done) {
      connection.end();
      done();
    },
    destroy(error, done) {
      connection.destroy(error ?? undefined);
      done(error);
    },
  });
}
