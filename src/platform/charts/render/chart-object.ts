/** `.Chart` in templates: Chart.yaml's fields under their Go names. */
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { stringList, TypedList, typedMap } from '#lang/gotemplate/value.ts';
import type { Chart, Dependency, Maintainer, Metadata } from '#platform/charts/chart.ts';
import { metadataEntries } from '#platform/charts/release-json.ts';
import { StructValue } from '#platform/charts/render/struct-value.ts';
import { goValueOf } from '#platform/charts/render/go-values.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** The value of `.Chart` for one chart of the tree. */
export function chartObject(chart: Chart): GoValue {
  const { metadata } = chart;
  const fields = metadataFields(metadata);
  const json = jsonOf(metadataEntries(metadata));
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    if (objectLists.has(name) && json[key] !== undefined) json[key] = value;
  }
  const embedded = new StructValue({ goType: 'chart.Metadata', kind: 'struct', fields, json });
  const isRoot = chart.parent === undefined;
  return new StructValue({
    goType: 'struct { chart.Metadata; IsRoot bool }',
    kind: 'struct',
    embedded,
    fields: [
      ['Metadata', embedded],
      ['IsRoot', isRoot],
    ],
    json: { ...json, IsRoot: isRoot },
  });
}

/** Their elements are structs, whose fields have an order. */
const objectLists: ReadonlySet<string> = new Set(['Maintainers', 'Dependencies']);

function metadataFields(metadata: Metadata): [string, GoValue][] {
  return [
    ['Name', metadata.name],
    ['Home', metadata.home],
    ['Sources', texts(metadata.sources)],
    ['Version', metadata.version],
    ['Description', metadata.description],
    ['Keywords', texts(metadata.keywords)],
    ['Maintainers', objects('[]*chart.Maintainer', metadata.maintainers?.map(maintainerObject))],
    ['Icon', metadata.icon],
    ['APIVersion', metadata.apiVersion],
    ['Condition', metadata.condition],
    ['Tags', metadata.tags],
    ['AppVersion', metadata.appVersion],
    ['Deprecated', metadata.deprecated],
    ['Annotations', typedMap('map[string]string', metadata.annotations ?? {})],
    ['KubeVersion', metadata.kubeVersion],
    ['Dependencies', objects('[]*chart.Dependency', metadata.dependencies?.map(dependencyObject))],
    ['Type', metadata.type],
  ];
}

/** What Chart.yaml does not name is a slice that was never made. */
function texts(list: readonly string[] | undefined): GoValue {
  return list === undefined ? TypedList.nil('[]string') : stringList(list);
}

function objects(goType: string, list: readonly GoValue[] | undefined): GoValue {
  return list === undefined ? TypedList.nil(goType) : TypedList.of2(goType, list);
}

function maintainerObject(maintainer: Maintainer): GoValue {
  const { name, email, url } = maintainer;
  return new StructValue({
    goType: '*chart.Maintainer',
    kind: 'ptr',
    fields: [
      ['Name', name],
      ['Email', email],
      ['URL', url],
    ],
    json: withoutEmpty({ name, email, url }),
  });
}

function dependencyObject(dependency: Dependency): GoValue {
  const { name, version, repository, condition, enabled, alias } = dependency;
  const tags = stringList(dependency.tags);
  const imports = goValueOf(valueOf(dependency.importValues));
  return new StructValue({
    goType: '*chart.Dependency',
    kind: 'ptr',
    fields: [
      ['Name', name],
      ['Version', version],
      ['Repository', repository],
      ['Condition', condition],
      ['Tags', tags],
      ['Enabled', enabled],
      ['ImportValues', imports],
      ['Alias', alias],
    ],
    json: {
      name,
      ...withoutEmpty({ version }),
      repository,
      ...withoutEmpty({ condition, tags, enabled, 'import-values': imports, alias }),
    },
  });
}

function withoutEmpty(fields: GoMap): GoMap {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== '' && value !== false && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}

function jsonOf(entries: readonly (readonly [string, string | undefined])[]): GoMap {
  const shown = entries.filter(([, json]) => json !== undefined);
  return Object.fromEntries(shown.map(([name, json]) => [name, JSON.parse(json ?? 'null') as GoValue]));
}
