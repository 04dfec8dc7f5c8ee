/**
 * OpenPGP signatures of charts. Keyrings are files of binary keys (`gpg --export`), as Helm wants them; signatures are
 * cleartext ones. Errors have the words of Go's openpgp.
 */
import type { Key, PartialConfig, PrivateKey, PublicKey, enums } from 'openpgp';
import { createCleartextMessage, decryptKey, readCleartextMessage, readKeys, sign, verify } from 'openpgp';
import type { Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { messageSums, provenanceMessage } from '#platform/charts/provenance/message.ts';

/** Whose signature was found good. */
export interface Verification {
  /** User ids of the key: `Name (comment) <mail>`. */
  readonly signedBy: readonly string[];
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  /** `sha256:…` of the archive. */
  readonly fileHash: string;
}

/** An archive beside its name; the digest is `sha256:` and hex. */
export interface SignedFile {
  readonly name: string;
  readonly digest: string;
}

/** RFC 9580, 9.5. */
const sha512 = 10 as enums.hash.sha512;

const settings: PartialConfig = {
  preferredHashAlgorithm: sha512,
  // Helm takes old keys, DSA's too.
  minRSABits: 1024,
  rejectPublicKeyAlgorithms: new Set(),
  showComment: false,
  showVersion: false,
};

/** Reads a keyring. Rejects with {@link ChartError} if it is none, or an armored one. */
export async function readKeyring(bytes: Uint8Array): Promise<Key[]> {
  if (bytes.length === 0) return [];
  if (((bytes[0] ?? 0) & 0x80) === 0) throw new ChartError('openpgp: invalid data: tag byte does not have MSB set');
  try {
    return await readKeys({ binaryKeys: bytes, config: settings });
  } catch (error) {
    throw new ChartError(`openpgp: invalid data: ${(error as Error).message}`);
  }
}

/** Checks that a .prov text is signed by a key of the ring and names the file's digest. Rejects with {@link ChartError}. */
export async function verifyProvenance(
  provenance: string,
  file: SignedFile,
  keyring: readonly Key[],
): Promise<Verification> {
  const message = await readSigned(provenance);
  const { signatures } = await verify({ message, verificationKeys: keyring.map(asPublic), config: settings });
  const signer = await signerOf(signatures, keyring);
  const sum = messageSums(message.getText()).get(file.name);
  const name = JSON.stringify(file.name);
  if (sum === undefined) throw new ChartError(`provenance does not contain a SHA for a file named ${name}`);
  if (sum !== file.digest)
    throw new ChartError(
      `sha256 sum does not match for ${file.name}: ${JSON.stringify(sum)} != ${JSON.stringify(file.digest)}`,
    );
  return {
    signedBy: signer.getUserIDs(),
    fingerprint: signer.getFingerprint().toUpperCase(),
    fileHash: file.digest,
  };
}

function asPublic(key: Key): PublicKey {
  return key.toPublic();
}

async function readSigned(text: string): Promise<Awaited<ReturnType<typeof readCleartextMessage>>> {
  const start = text.indexOf('-----BEGIN PGP SIGNED MESSAGE-----');
  try {
    if (start < 0) throw new Error('no block');
    return await readCleartextMessage({ cleartextMessage: text.slice(start), config: settings });
  } catch {
    throw new ChartError('failed to decode signature: signature block not found');
  }
}

type Signatures = Awaited<ReturnType<typeof verify>>['signatures'];

async function signerOf(signatures: Signatures, keyring: readonly Key[]): Promise<Key> {
  const unknown = 'openpgp: signature made by unknown entity';
  let problem = unknown;
  for (const { keyID, verified } of signatures) {
    const signer = keyring.find((key) => key.getKeys(keyID).length > 0);
    if (signer === undefined) continue;
    try {
      await verified;
      return signer;
    } catch (error) {
      problem = verifyMessage((error as Error).message, signer);
    }
  }
  throw new ChartError(problem);
}

function verifyMessage(message: string, signer: Key): string {
  if (/expired/i.test(message)) return 'openpgp: key expired';
  if (/revoked/i.test(message)) return 'openpgp: signature made by revoked key';
  const { algorithm } = signer.getAlgorithmInfo();
  const family = algorithm.startsWith('rsa') ? 'RSA' : algorithm.startsWith('e') ? 'EdDSA' : 'DSA';
  return `openpgp: invalid signature: ${algorithm === 'ecdsa' ? 'ECDSA' : family} verification failure`;
}

/**
 * The key that is meant: a user id equal to `id`, else the only one that contains it. Undefined if there is none. Throws
 * {@link ChartError} if several are meant.
 */
export function findSigningKey(keyring: readonly Key[], id: string): Key | undefined {
  const exact = keyring.find((key) => key.getUserIDs().includes(id));
  if (exact !== undefined || id === '') return exact;
  const matches = keyring.flatMap((key) =>
    key
      .getUserIDs()
      .filter((user) => user.includes(id))
      .map(() => key),
  );
  if (matches.length > 1) throw new ChartError(`more than one key contain the id ${JSON.stringify(id)}`);
  return matches[0];
}

/** Who signs, and how a locked key is opened: `passphrase` is asked with the key's user id. */
export interface Signer {
  readonly key: Key | undefined;
  passphrase(user: string): Promise<string>;
}

/** The text of a .prov file. Rejects with {@link ChartError}. */
export async function signProvenance(metadata: Metadata, file: SignedFile, signer: Signer): Promise<string> {
  const key = await unlocked(signer);
  const message = await createCleartextMessage({ text: provenanceMessage(metadata, file.name, file.digest) });
  const text = await sign({ message, signingKeys: key, signingKeyIDs: key.getKeyID(), config: settings });
  return text.replaceAll('\r\n', '\n').trimEnd();
}

async function unlocked({ key, passphrase }: Signer): Promise<PrivateKey> {
  if (key === undefined) throw new ChartError('private key not found');
  if (!key.isPrivate())
    throw new ChartError('provided key is not a private key. Try providing a keyring with secret keys');
  const privateKey = key as PrivateKey;
  if (privateKey.isDecrypted()) return privateKey;
  const secret = await passphrase(key.getUserIDs()[0] ?? 'Unknown');
  try {
    return await decryptKey({ privateKey, passphrase: secret, config: settings });
  } catch {
    throw new ChartError('openpgp: invalid data: private key checksum failure');
  }
}
