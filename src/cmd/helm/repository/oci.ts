/** Charts of registries to files. */
import { basename, join } from 'node:path';
import type { FetchPlan, WrittenChart } from '#cmd/helm/repository/fetch.ts';
import { writeWhole } from '#cmd/helm/repository/files.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import { registryClient, transferText } from '#cmd/helm/repository/registry.ts';
import { isValidVersion } from '#lang/semver/version.ts';
import { ChartError } from '#platform/charts/chart.ts';
import {
  chooseVersion,
  layerOf,
  listVersions,
  pullBlob,
  pullManifest,
  resolveManifest,
} from '#platform/charts/oci/chart-registry.ts';
import type { ChartReference } from '#platform/charts/oci/reference.ts';
import { parseChartReference } from '#platform/charts/oci/reference.ts';
import type { RegistryClient } from '#platform/charts/oci/registry-client.ts';

/** Fetches the chart that a reference and a version mean. Rejects with {@link ChartError}. */
export async function pullChart(text: string, plan: FetchPlan, context: RepositoryContext): Promise<WrittenChart> {
  const given = parseChartReference(text);
  const access = { ...plan.tls, ...plan.credentials, plainHttp: plan.plainHttp };
  const client = registryClient(given.registry, access, context);
  const { reference, version } = await chosen(client, given, { text, version: plan.version });
  const pulled = await pullManifest(client, reference);
  const archive = await pullBlob(client, reference.repository, layerOf(pulled.manifest, 'chart'));
  context.warn(transferText('Pulled', pulled));
  const path = join(plan.folder, `${basename(reference.repository)}${fileEnding(reference, version)}`);
  writeWhole(path, archive);
  return {
    path,
    provenanceUrl: `oci://${given.registry}/${reference.repository}:${version}.prov`,
    provenance: async () => {
      const signature = await pullBlob(client, reference.repository, layerOf(pulled.manifest, 'provenance'));
      context.warn(transferText('Pulled', pulled));
      return signature;
    },
  };
}

/** A chart that is named by its digest alone has that in its file's name. */
function fileEnding({ tag, digest }: ChartReference, version: string): string {
  return tag === '' ? `@${digest.replace(':', '-')}.tgz` : `-${version}.tgz`;
}

/** The reference with a tag or a digest, and the version with its plus signs. */
async function chosen(
  client: RegistryClient,
  given: ChartReference,
  wanted: { readonly text: string; readonly version: string },
): Promise<{ reference: ChartReference; version: string }> {
  if (wanted.version !== '' && given.tag !== '' && given.tag !== wanted.version)
    throw new ChartError(`chart reference and version mismatch: ${wanted.version} is not ${given.tag}`);
  const version = wanted.version || given.tag;
  if (given.digest !== '') {
    if (version !== '') await checkDigest(client, given, version);
    return { reference: { ...given, tag: '' }, version };
  }
  if (isValidVersion(version)) return { reference: tagged(given, version), version };
  const versions = await listVersions(client, given.repository);
  if (versions.length === 0) throw new ChartError(`Unable to locate any tags in provided repository: ${wanted.text}`);
  const found = chooseVersion(versions, version);
  return { reference: tagged(given, found), version: found };
}

function tagged(reference: ChartReference, version: string): ChartReference {
  return { ...reference, tag: version.replaceAll('+', '_') };
}

/** A version beside a digest must mean the same; one that the registry does not have is passed over. */
async function checkDigest(client: RegistryClient, given: ChartReference, version: string): Promise<void> {
  let digest: string;
  try {
    ({ digest } = await resolveManifest(client, { ...tagged(given, version), digest: '' }));
  } catch {
    return;
  }
  if (digest !== given.digest)
    throw new ChartError(`chart reference digest mismatch: ${digest} is not ${given.digest}`);
}
