/** How a list is written: as stored objects, as a Table, or as metadata alone. */
import type { Version } from '#storage/version.ts';
import { partialPrefix, tableHead, type View } from '#apiserver/registry/answer.ts';
import { servedBytes, servedObject } from '#apiserver/registry/endpoint.ts';
import type { JsonWriter } from '#apiserver/registry/json-writer.ts';
import { itemOffset, metadataBytes } from '#apiserver/registry/stored-json.ts';
import { rowCells, tableLayout } from '#apiserver/table/table.ts';

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface ListFormat {
  open(writer: JsonWriter, meta: ListMeta): void;
  item(writer: JsonWriter, version: Version, isFirst: boolean): void;
  close(writer: JsonWriter, isEmpty: boolean): void;
}

export function listFormat(view: View): ListFormat {
  switch (view.accepted.convert?.kind) {
    case undefined:
      return objectsFormat(view);
    case 'Table':
      return tableFormat(view);
    default:
      return partialFormat(view);
  }
}

const comma = Uint8Array.of(0x2c);
const openBrace = Uint8Array.of(0x7b);
const closeBrace = Uint8Array.of(0x7d);
const closeTwo = Uint8Array.of(0x7d, 0x7d);

/** `{"kind":"PodList","apiVersion":"v1","metadata":{…},"items":[…]}`; items carry neither kind nor apiVersion. */
function objectsFormat({ endpoint }: View): ListFormat {
  const head = `{"kind":${JSON.stringify(endpoint.listKind)},"apiVersion":${JSON.stringify(endpoint.apiVersion)},"metadata":`;
  return {
    open(writer, meta) {
      writer.text(`${head}${JSON.stringify(meta)},"items":[`);
    },
    item(writer, version, isFirst) {
      if (!isFirst) writer.bytes(comma);
      const bytes = servedBytes(endpoint, version);
      const offset = itemOffset(endpoint, bytes);
      if (offset === 0) writer.text(itemText(servedObject(endpoint, version)));
      else {
        writer.bytes(openBrace);
        writer.bytes(bytes.subarray(offset));
      }
    },
    close(writer) {
      writer.text(']}\n');
    },
  };
}

function itemText(object: object): string {
  return JSON.stringify({ ...object, apiVersion: undefined, kind: undefined });
}

function partialFormat(view: View): ListFormat {
  const { endpoint } = view;
  const prefix = new TextEncoder().encode(partialPrefix(view));
  const version = view.accepted.convert?.version ?? 'v1';
  const head = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}","metadata":`;
  let isOpen = false;
  return {
    open(writer, meta) {
      writer.text(`${head}${JSON.stringify(meta)},"items":`);
    },
    item(writer, stored) {
      writer.text(isOpen ? ',' : '[');
      isOpen = true;
      writer.bytes(prefix);
      writer.bytes(metadataBytes(endpoint, stored));
      writer.bytes(closeBrace);
    },
    close(writer) {
      // Go prints the nil slice of an empty list as null.
      writer.text(isOpen ? ']}\n' : 'null}\n');
    },
  };
}

function tableFormat(view: View): ListFormat {
  const { endpoint, includes, nowMs } = view;
  const layout = tableLayout(endpoint.resource);
  const prefix = new TextEncoder().encode(partialPrefix(view));
  return {
    open(writer, meta) {
      writer.text(`${tableHead(view, true)}"metadata":${JSON.stringify(meta)},"rows":[`);
    },
    item(writer, version, isFirst) {
      const cells = rowCells(layout, () => servedObject(endpoint, version), version, nowMs);
      writer.text(`${isFirst ? '' : ','}{"cells":[${cells}],"object":`);
      if (includes === 'None') writer.text('null}');
      else if (includes === 'Object') {
        writer.bytes(servedBytes(endpoint, version));
        writer.bytes(closeBrace);
      } else {
        writer.bytes(prefix);
        writer.bytes(metadataBytes(endpoint, version));
        writer.bytes(closeTwo);
      }
    },
    close(writer) {
      writer.text(']}\n');
    },
  };
}
