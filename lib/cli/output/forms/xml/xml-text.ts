// Writing XML.

/** Attributes of an element; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `<name a="1"/>`, or, with content, `<name a="1">…</name>`. The content is XML already. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const start = openTag(name, attributes);
  return content === undefined ? `${start.slice(0, -1)}/>` : `${start}${content}</${name}>`;
}

/** `<name a="1">` */
export function openTag(name: string, attributes: Attributes): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  return `<${name}${written.join('')}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text for an element or an attribute. What XML cannot hold at all (control characters, half surrogates) becomes `?`. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\n\t\r]/g, ' ')
    .replace(/[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
