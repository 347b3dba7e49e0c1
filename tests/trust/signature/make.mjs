// Makes keys, certificates, revocation lists and signatures, right and wrong in any respect.
import crypto from 'node:crypto';
import { at, bits, bool, int, nul, octets, oid, seq, set, time, tlv, utf8, valueAt } from './der.mjs';

export const NOW = 1_800_000_000; // everything is judged at this moment
const DAY = 86400;

export const ID = {
  data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2', envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3', messageDigest: '1.2.840.113549.1.9.4', signingTime: '1.2.840.113549.1.9.5',
  codeSigning: '1.3.6.1.5.5.7.3.3', emailProtection: '1.3.6.1.5.5.7.3.4', serverAuth: '1.3.6.1.5.5.7.3.1', anyUsage: '2.5.29.37.0',
};
const digestOid = {
  md5: '1.2.840.113549.2.5', sha1: '1.3.14.3.2.26', sha224: '2.16.840.1.101.3.4.2.4', sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};
const rsaOid = { md5: '1.2.840.113549.1.1.4', sha1: '1.2.840.113549.1.1.5', sha224: '1.2.840.113549.1.1.14', sha256: '1.2.840.113549.1.1.11', sha384: '1.2.840.113549.1.1.12', sha512: '1.2.840.113549.1.1.13' };
const ecOid = { sha1: '1.2.840.10045.4.1', sha224: '1.2.840.10045.4.3.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3', sha512: '1.2.840.10045.4.3.4' };

export const digestAlgorithm = (md, withNull = false) => withNull ? seq(oid(digestOid[md]), nul) : seq(oid(digestOid[md]));
export const pssAlgorithm = (md, salt, mask = md) => seq(oid('1.2.840.113549.1.1.10'), seq(at(0, digestAlgorithm(md, true)),
  at(1, seq(oid('1.2.840.113549.1.1.8'), digestAlgorithm(mask, true))), at(2, int(salt))));
const size = { sha256: 32, sha384: 48, sha512: 64 };
const isRsa = (key) => key.asymmetricKeyType.startsWith('rsa');
export const signatureAlgorithm = (key, md, pss) => pss ? pssAlgorithm(md, pss.salt ?? size[md]) : key.asymmetricKeyType === 'ed25519' ? seq(oid('1.3.101.112')) :
  isRsa(key) ? seq(oid(rsaOid[md]), nul) : seq(oid(ecOid[md]));
const rawSign = (key, md, bytes, pss) => crypto.sign(key.asymmetricKeyType === 'ed25519' ? null : md, bytes,
  pss ? { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: pss.salt ?? size[md] } : key);

const keys = new Map();
export function key(kind, name = '') { // 'P-256', 'rsa2048', 'ed25519' ...; one per kind and name
  if (kind === 'P-256' && process.env.PACKSEC_TEST_RSA) kind = 'rsa2048'; // for libraries that know nothing else: Wine's (tests/windows)
  const id = `${kind} ${name}`;
  if (!keys.has(id)) {
    const rsa = /^rsa(\d+)$/.exec(kind);
    const pair = rsa ? crypto.generateKeyPairSync('rsa', { modulusLength: Number(rsa[1]) }) : kind === 'ed25519' ? crypto.generateKeyPairSync(kind) :
      crypto.generateKeyPairSync('ec', { namedCurve: kind.replace(/!$/, ''), paramEncoding: kind.endsWith('!') ? 'explicit' : 'named' });
    keys.set(id, pair);
  }
  return keys.get(id).privateKey;
}
const publicDer = (k) => crypto.createPublicKey(k).export({ type: 'spki', format: 'der' });
const keyId = (k) => crypto.createHash('sha1').update(publicDer(k)).digest();

export const dn = (cn) => typeof cn === 'string' ? seq(set(seq(oid('2.5.4.3'), utf8(cn)))) : cn;
export const extension = (id, value, critical = false) => critical ? seq(oid(id), bool(true), octets(value)) : seq(oid(id), octets(value));
const usageBits = { digitalSignature: 0, contentCommitment: 1, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 };
export function keyUsage(...names) {
  let byte = 0;
  for (const name of names) byte |= 0x80 >> usageBits[name];
  let unused = 0;
  while (unused < 7 && !(byte & (1 << unused))) unused++;
  return extension('2.5.29.15', bits(Buffer.from([byte]), unused), true);
}
export const extendedKeyUsage = (...ids) => extension('2.5.29.37', seq(...ids.map(oid)));
export const basicConstraints = (ca, pathlen) => extension('2.5.29.19', seq(...(ca ? [bool(true)] : []), ...(pathlen === undefined ? [] : [int(pathlen)])), true);
export const permittedDirectory = (name) => extension('2.5.29.30', seq(at(0, seq(at(4, dn(name))))), true);

let serials = 1000;
// o: issuer (a certificate made here; itself when absent), key, spki (in place of the key's), md, serial, from, to, extensions (all), add (more), v1, pss, wrongKey
export function certificate(cn, o = {}) {
  const self = { name: dn(o.subject ?? cn), key: o.key ?? key('P-256', cn), serial: int(o.serial ?? serials++) };
  const issuer = o.issuer ?? self;
  self.issuerName = issuer.name;
  self.ski = keyId(self.key);
  const md = o.md ?? 'sha256', algorithm = signatureAlgorithm(issuer.key, md, o.pss);
  const extensions = o.extensions ?? [
    basicConstraints(Boolean(o.ca), o.pathlen),
    ...(o.usage === null ? [] : [keyUsage(...(o.usage ?? (o.ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])))]),
    ...(o.purposes === null || (o.ca && !o.purposes) ? [] : [extendedKeyUsage(...(o.purposes ?? [ID.codeSigning]))]),
    extension('2.5.29.14', octets(o.ski ?? self.ski)),
    ...(issuer === self ? [] : [extension('2.5.29.35', seq(valueAt(0, issuer.ski)))]),
    ...(o.add ?? []),
  ];
  const tbs = seq(...(o.v1 ? [] : [at(0, int(2))]), self.serial, algorithm, issuer.name, seq(time(o.from ?? NOW - 10 * DAY), time(o.to ?? NOW + 300 * DAY)), self.name,
    o.spki ?? publicDer(self.key), ...(o.v1 ? [] : [at(3, seq(...extensions))]));
  self.der = seq(tbs, algorithm, bits(rawSign(o.wrongKey ?? issuer.key, md, tbs, o.pss)));
  return self;
}

// o: revoked [certificate], from, to (null: none), key, md
export function crl(issuer, o = {}) {
  const md = o.md ?? 'sha256', signer = o.key ?? issuer.key, algorithm = signatureAlgorithm(signer, md);
  const revoked = (o.revoked ?? []).map((c) => seq(c.serial, time(NOW - DAY)));
  const tbs = seq(int(1), algorithm, issuer.name, time(o.from ?? NOW - DAY), ...(o.to === null ? [] : [time(o.to ?? NOW + 7 * DAY)]), ...(revoked.length ? [seq(...revoked)] : []),
    at(0, seq(extension('2.5.29.35', seq(valueAt(0, issuer.ski))), extension('2.5.29.20', int(1)), ...(o.add ?? []))));
  return seq(tbs, algorithm, bits(rawSign(signer, md, tbs)));
}

export const attribute = (id, ...values) => seq(oid(id), set(...values));
export const hash = (md, content) => crypto.createHash(md).update(content).digest();
export const usualAttributes = (md, content, type = ID.data) => [attribute(ID.contentType, oid(type)), attribute(ID.signingTime, time(NOW - 60)),
  attribute(ID.messageDigest, octets(hash(md, content)))];

// o: md, attributes (list), noattr, unsorted, byKey, version, digest (AlgorithmIdentifier), algorithm (the same), pss, unsigned, sid, signature, key, typeAttribute
export function signerInfo(who, content, o = {}) {
  const md = o.md ?? 'sha256', signer = o.key ?? who.key;
  const list = o.attributes ?? usualAttributes(md, content, o.typeAttribute ?? o.type);
  const order = o.unsorted ? list : list.toSorted(Buffer.compare);
  const signed = o.noattr ? content : tlv(0x31, ...order);
  const sid = o.sid ?? (o.byKey ? valueAt(0, who.ski) : seq(who.issuerName, who.serial));
  const rsaDefault = isRsa(signer) && !o.pss && !o.named ? seq(oid('1.2.840.113549.1.1.1'), nul) : null;
  return seq(int(o.version ?? (o.byKey ? 3 : 1)), sid, o.digest ?? digestAlgorithm(md, o.withNull), ...(o.noattr ? [] : [at(0, ...order)]),
    o.algorithm ?? rsaDefault ?? signatureAlgorithm(signer, md, o.pss), octets(o.signature ?? rawSign(signer, md, signed, o.pss)), ...(o.unsigned ? [at(1, ...o.unsigned)] : []));
}

// o as signerInfo's, and: certificates (DER or certificates), crls, type, embed, infos (of signers), digests, outer (type), bare, signedVersion, more (behind the signers), sortCertificates
export function sign(who, content, o = {}) {
  const md = o.md ?? 'sha256', type = o.type ?? ID.data;
  const certificates = (o.certificates ?? [who]).map((c) => c.der ?? c);
  if (o.sortCertificates !== false) certificates.sort(Buffer.compare);
  const infos = o.infos ?? [signerInfo(who, content, o)];
  const signedData = seq(int(o.signedVersion ?? (o.byKey || type !== ID.data ? 3 : 1)), set(...(o.digests ?? [digestAlgorithm(md, o.withNull)])),
    seq(oid(type), ...(o.embed ? [at(0, octets(o.embed))] : [])), ...(certificates.length ? [at(0, ...certificates)] : []), ...(o.crls ? [at(1, ...o.crls)] : []), set(...infos), ...(o.more ?? []));
  return o.bare ? signedData : seq(oid(o.outer ?? ID.signedData), at(0, signedData), ...(o.behind ?? []));
}
