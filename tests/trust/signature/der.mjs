// Writes DER, and on request things that are nearly DER.
export const tlv = (tag, ...parts) => {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(value.length), value]);
};
const length = (n) => {
  if (n < 0x80) return Buffer.from([n]);
  const octets = [];
  for (; n; n = Math.floor(n / 256)) octets.unshift(n % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
};
export const seq = (...parts) => tlv(0x30, ...parts);
export const set = (...parts) => tlv(0x31, ...parts.toSorted(Buffer.compare));
export const setAsIs = (...parts) => tlv(0x31, ...parts);
export const at = (n, ...parts) => tlv(0xa0 | n, ...parts); // [n], constructed
export const valueAt = (n, value) => tlv(0x80 | n, value);  // [n], primitive
export const octets = (value) => tlv(4, value);
export const bits = (value, unused = 0) => tlv(3, Buffer.from([unused]), value);
export const nul = Buffer.from([5, 0]);
export const bool = (yes) => tlv(1, Buffer.from([yes ? 0xff : 0]));
export const utf8 = (text) => tlv(12, Buffer.from(text));
export const int = (n) => {
  if (Buffer.isBuffer(n)) return tlv(2, n);
  let hex = BigInt(n).toString(16);
  if (hex.length % 2) hex = '0' + hex;
  if (parseInt(hex.slice(0, 2), 16) >= 0x80) hex = '00' + hex;
  return tlv(2, Buffer.from(hex, 'hex'));
};
export const oid = (text) => {
  const [a, b, ...rest] = text.split('.').map(Number);
  const bytes = [];
  for (const arc of [a * 40 + b, ...rest]) {
    const low = [arc % 128];
    for (let n = Math.floor(arc / 128); n; n = Math.floor(n / 128)) low.unshift(0x80 | (n % 128));
    bytes.push(...low);
  }
  return tlv(6, Buffer.from(bytes));
};
export const time = (seconds) => {
  const text = new Date(seconds * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z';
  return text < '2050' ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
};

// The element at offset: { tag, head, end }.
export function element(bytes, offset) {
  let n = bytes[offset + 1], head = 2;
  if (n > 0x80) {
    head += n - 0x80;
    n = bytes.readUIntBE(offset + 2, head - 2);
  }
  return { tag: bytes[offset], head, end: offset + head + n };
}
export function children(bytes) {
  const whole = element(bytes, 0), list = [];
  for (let p = whole.head; p < whole.end;) {
    const e = element(bytes, p);
    list.push(bytes.subarray(p, e.end));
    p = e.end;
  }
  return list;
}
export const pem = (kind, der) => `-----BEGIN ${kind}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${kind}-----\n`;
