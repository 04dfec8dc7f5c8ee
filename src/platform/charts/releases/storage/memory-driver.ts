/** Records that last as long as the process: HELM_DRIVER=memory, and tests. */
import type { Release } from '#platform/charts/release.ts';
import { releaseExists, releaseNotFound } from '#platform/charts/releases/errors.ts';
import type { ReleaseDriver } from '#platform/charts/releases/storage/driver.ts';
import { recordLabels } from '#platform/charts/releases/storage/driver.ts';

/** A driver with records of its own. */
export function memoryDriver(): ReleaseDriver {
  const records = new Map<string, Release>();
  return {
    name: 'Memory',
    async get(key) {
      const found = records.get(key);
      if (found === undefined) throw releaseNotFound();
      return found;
    },
    list: async () => [...records.values()].map(withAllLabels),
    async query(labels) {
      const wanted = Object.entries(labels);
      const found = [...records.values()].filter((release) => {
        const own = recordLabels(release, {});
        return wanted.every(([key, value]) => own[key] === value);
      });
      if (found.length === 0) throw releaseNotFound();
      return found;
    },
    async create(key, release) {
      if (records.has(key)) throw releaseExists();
      records.set(key, release);
    },
    async update(key, release) {
      if (!records.has(key)) throw releaseNotFound();
      records.set(key, release);
    },
    async delete(key) {
      if (!records.delete(key)) throw releaseNotFound();
    },
  };
}

function withAllLabels(release: Release): Release {
  return { ...release, labels: recordLabels(release, {}) };
}
