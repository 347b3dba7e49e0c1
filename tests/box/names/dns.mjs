// DNS messages and a name server that answers as a test says.
import dgram from 'node:dgram';
import net from 'node:net';

export const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, OPT: 41 };
const typeName = (n) => Object.keys(types).find((k) => types[k] === n) ?? `TYPE${n}`;
const u16 = (...v) => Buffer.from(v.flatMap((n) => [n >> 8 & 255, n & 255]));
const u32 = (n) => u16(Math.floor(n / 65536), n % 65536);

export const nameBytes = (name) => Buffer.concat([...name.split('.').filter(Boolean).map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l, 'latin1')])), Buffer.from([0])]);

function readName(m, at) {
  const labels = [];
  let end;
  for (let i = 0; i < 128; i++) {
    const n = m[at];
    if (n >= 0xc0) { end ??= at + 2; at = (n & 63) << 8 | m[at + 1]; continue; }
    if (n === 0) return [labels.join('.'), end ?? at + 1];
    labels.push(m.toString('latin1', at + 1, at + 1 + n));
    at += n + 1;
  }
  throw new Error('a name without end');
}

const ipv6 = (text) => {
  const [head, tail] = text.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
  return u16(...groups.map((g) => parseInt(g, 16)));
};
const data = {
  A: (text) => Buffer.from(text.split('.').map(Number)),
  AAAA: ipv6,
  CNAME: nameBytes,
  PTR: nameBytes,
  TXT: (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]),
  SOA: (minimum) => Buffer.concat([nameBytes('ns'), nameBytes('who'), u32(1), u32(1), u32(1), u32(1), u32(minimum)]),
  SRV: ([priority, weight, port, target]) => Buffer.concat([u16(priority, weight, port), nameBytes(target)]),
};
const recordBytes = ([name, type, ttl, value]) => {
  const bytes = data[type](value);
  return Buffer.concat([nameBytes(name), u16(types[type], 1), u32(ttl), u16(bytes.length), bytes]);
};

export function query(name, type = 'A', { id = 1, flags = 0x100, opt = null } = {}) {
  const extra = opt ? Buffer.concat([Buffer.from([0]), u16(types.OPT, opt), u32(0), u16(0)]) : Buffer.alloc(0);
  return Buffer.concat([u16(id, flags, 1, 0, 0, opt ? 1 : 0), nameBytes(name), u16(types[type] ?? type, 1), extra]);
}

export function parse(m) {
  const [id, flags, questions, answers] = [0, 2, 4, 6].map((at) => m.readUInt16BE(at));
  const out = { id, flags, rcode: flags & 15, truncated: (flags & 0x200) !== 0, counts: [questions, answers, m.readUInt16BE(8), m.readUInt16BE(10)], answers: [] };
  if (!questions) return out;
  let at;
  [out.name, at] = readName(m, 12);
  out.type = typeName(m.readUInt16BE(at));
  at += 4;
  for (let i = 0; i < answers; i++) {
    let name;
    [name, at] = readName(m, at);
    const type = typeName(m.readUInt16BE(at));
    const n = m.readUInt16BE(at + 8);
    out.answers.push({ name, type, ttl: m.readUInt32BE(at + 4), data: m.subarray(at + 10, at + 10 + n) });
    at += 10 + n;
  }
  out.addresses = out.answers.filter((a) => a.type === 'A').map((a) => [...a.data].join('.'));
  return out;
}

// reply: { rcode, answers, authority, additional, truncated, id, name, raw, flags }
export function answer(question, reply) {
  if (reply.raw) return reply.raw;
  const { answers = [], authority = [], additional = [] } = reply;
  const flags = reply.flags ?? (0x8180 | (reply.truncated ? 0x200 : 0) | (reply.rcode ?? 0));
  const at = readName(question, 12)[1];
  const asked = reply.name ? Buffer.concat([nameBytes(reply.name), u16(types[reply.type ?? 'A'], 1)]) : question.subarray(12, at + 4);
  return Buffer.concat([u16(reply.id ?? question.readUInt16BE(0), flags, 1, answers.length, authority.length, additional.length), asked,
    ...[...answers, ...authority, ...additional].map(recordBytes)]);
}

// A name server on address:53. zone(question, { tcp }) -> a reply, a list of replies, or nothing: silence. Everything that was asked is in `log`.
export async function serve(address, zone) {
  const log = [];
  const ports = new Set();
  const repliesTo = (message, tcp) => {
    const asked = parse(message);
    log.push({ name: asked.name, type: asked.type, tcp, id: asked.id, message });
    return [zone(asked, { tcp }) ?? []].flat().map((reply) => answer(message, reply));
  };
  const udp = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (message, from) => {
    ports.add(from.port);
    for (const reply of repliesTo(message, false)) udp.send(reply, from.port, from.address);
  });

  const connections = new Set();
  const tcp = net.createServer((socket) => {
    let got = Buffer.alloc(0);
    connections.add(socket);
    socket.on('error', () => {}).on('close', () => connections.delete(socket)).on('data', (bytes) => {
      got = Buffer.concat([got, bytes]);
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        const n = got.readUInt16BE(0);
        for (const reply of repliesTo(got.subarray(2, 2 + n), true)) socket.write(Buffer.concat([u16(reply.length), reply]));
        got = got.subarray(2 + n);
      }
    });
  });
  await new Promise((done) => udp.bind(53, address, done));
  await new Promise((done) => tcp.listen(53, address, done));
  const close = () => { udp.close(); tcp.close(); for (const c of connections) c.destroy(); };
  return { log, ports, close };
}
