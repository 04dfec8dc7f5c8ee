/** A release as the templates of `helm get all --template` see it. */
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { int, newMap } from '#lang/gotemplate/value.ts';
import type { Hook, Release } from '#platform/charts/release.ts';
import { chartObject } from '#platform/charts/render/chart-object.ts';
import { goMapOf } from '#platform/charts/render/go-values.ts';
import { StructValue } from '#platform/charts/render/struct-value.ts';

/** The dot: `.Release` with Go's field names. */
export function releaseObject(release: Release): GoValue {
  const { info } = release;
  const data = newMap();
  data['Release'] = struct('*release.Release', {
    Name: release.name,
    Info: struct('*release.Info', {
      FirstDeployed: info.firstDeployed,
      LastDeployed: info.lastDeployed,
      Deleted: info.deleted,
      Description: info.description,
      Status: info.status,
      Notes: info.notes,
    }),
    Chart: struct('*chart.Chart', { Metadata: chartObject(release.chart), Values: goMapOf(release.chart.values) }),
    Config: goMapOf(release.config),
    Manifest: release.manifest,
    Hooks: release.hooks.map(hookObject),
    Version: int(release.version),
    Namespace: release.namespace,
    Labels: labelsOf(release),
  });
  return data;
}

function labelsOf({ labels }: Release): GoMap {
  return Object.assign(newMap(), labels);
}

function hookObject(hook: Hook): GoValue {
  return struct('*release.Hook', {
    Name: hook.name,
    Kind: hook.kind,
    Path: hook.path,
    Manifest: hook.manifest,
    Events: [...hook.events],
    Weight: int(hook.weight),
  });
}

function struct(goType: string, fields: Readonly<Record<string, GoValue>>): StructValue {
  const json = newMap();
  Object.assign(json, fields);
  return new StructValue({ goType, kind: 'ptr', fields: Object.entries(fields), json });
}
