// Signatures that must be accepted, and ones that must not. Each: { name, want: 'ok' | 'SIGNATURE' | 'ANCHOR', says?: what the reason must tell, stock?: what `openssl cms -verify`
// says of it (true: accepts), signature, policy, anchors, crls, now }.
import crypto from 'node:crypto';
import { at, bits, bool, children, element, int, nul, octets, oid, pem, seq, set, setAsIs, time, tlv, utf8, valueAt } from './der.mjs';
import { ID, NOW, attribute, basicConstraints, certificate, crl, digestAlgorithm, dn, extendedKeyUsage, extension, hash, key, keyUsage, permittedDirectory, pssAlgorithm, sign,
  signatureAlgorithm, signerInfo, usualAttributes } from './make.mjs';

const DAY = 86400;
export const POLICY = Buffer.from('{\n  "version": 1,\n  "serial": 7,\n  "packages": {}\n}\n');
const OTHER = Buffer.from('{\n  "version": 1,\n  "ambient": true\n}\n');
export const root = certificate('Root', { ca: true });
export const leaf = certificate('Policies', { issuer: root });
const stranger = certificate('Stranger', { ca: true });
const middle = certificate('Middle', { ca: true, issuer: root, pathlen: 0 });
const beneath = certificate('Beneath', { issuer: middle });
const rsa = certificate('RSA', { issuer: root, key: key('rsa2048') });
const p384 = certificate('P-384', { issuer: root, key: key('P-384') });
const p521 = certificate('P-521', { issuer: root, key: key('P-521') });

export const cases = [];
let group = {};
const add = (name, signature, o = {}) => cases.push({ policy: POLICY, anchors: [root], crls: [], now: NOW, ...group, name, signature, ...o });
const good = sign(leaf, POLICY);

// ---- proper ----
group = { want: 'ok' };
add('proper', good, { stock: true });
add('SHA-384', sign(leaf, POLICY, { md: 'sha384' }), { facts: 'sha384' });
add('SHA-512', sign(leaf, POLICY, { md: 'sha512' }), { facts: 'sha512' });
add('P-384', sign(p384, POLICY, { md: 'sha384' }));
add('P-521', sign(p521, POLICY, { md: 'sha512' }));
add('P-521 with SHA-256', sign(p521, POLICY));
add('RSA', sign(rsa, POLICY), { stock: true });
add('RSA, the algorithm named with its digest', sign(rsa, POLICY, { named: true }));
add('RSA with SHA-512', sign(rsa, POLICY, { md: 'sha512', named: true }));
add('RSA-PSS', sign(rsa, POLICY, { pss: {} }));
add('RSA-PSS, the longest salt', sign(rsa, POLICY, { pss: { salt: 222 } }));
add('RSA-PSS with SHA-384', sign(rsa, POLICY, { md: 'sha384', pss: {} }));
add('digest with NULL parameters', sign(leaf, POLICY, { withNull: true }));
add('digest with NULL in one place and not in the other', sign(leaf, POLICY, { digests: [digestAlgorithm('sha256', true)] }));
add('named by key identifier', sign(leaf, POLICY, { byKey: true }));
add('bare SignedData', sign(leaf, POLICY, { bare: true }));
add('bare SignedData, large', sign(rsa, POLICY, { bare: true, certificates: [rsa, root, middle] }));
const opus = attribute('1.3.6.1.4.1.311.2.1.12', seq()), statement = attribute('1.3.6.1.4.1.311.2.1.11', seq(oid('1.3.6.1.4.1.311.2.1.21')));
add("as signtool's detached one", sign(rsa, POLICY, { bare: true, withNull: true, certificates: [root, rsa], sortCertificates: false,
  attributes: [attribute(ID.contentType, oid(ID.data)), opus, statement, attribute(ID.messageDigest, octets(hash('sha256', POLICY)))] }));
add("signtool's other content type", sign(leaf, POLICY, { bare: true, type: ID.signedData, signedVersion: 1 }));
add('the same, version 3', sign(leaf, POLICY, { type: ID.signedData }));
add('no signing time', sign(leaf, POLICY, { attributes: usualAttributes('sha256', POLICY).toSpliced(1, 1) }));
add('another attribute with two values', sign(leaf, POLICY, { attributes: [...usualAttributes('sha256', POLICY), attribute('1.2.3.4', int(1), int(2))] }));
add('chain', sign(beneath, POLICY, { certificates: [beneath, middle] }), { stock: true });
add('chain, as openssl smime orders it', sign(beneath, POLICY, { certificates: [beneath, middle].toSorted((a, b) => Buffer.compare(b.der, a.der)), sortCertificates: false }));
add('chain, its root comes along', sign(beneath, POLICY, { certificates: [beneath, middle, root] }));
add('chain, the intermediate lies beside the anchors', sign(beneath, POLICY), { anchors: [root, middle] });
add('the signer is there twice', sign(leaf, POLICY, { certificates: [leaf, leaf] }));
add('a certificate that nobody uses, of an authority we trust', sign(leaf, POLICY, { certificates: [leaf, middle, beneath] }));
add('another anchor too', good, { anchors: [stranger, root] });
add('anchors that are expired too', good, { anchors: [certificate('Old root', { ca: true, to: NOW - DAY }), root] });
const renewed = certificate('Root', { ca: true, key: key('P-256', 'renewed') });
add('two roots of one name (key rotation)', good, { anchors: [renewed, root] });
add('two roots of one name, the other way', good, { anchors: [root, renewed] });
add('cross-signed root', sign(leaf, POLICY, { certificates: [leaf, certificate('Root', { ca: true, key: root.key, issuer: stranger })] }), { anchors: [stranger] });
add('codeSigning beside another purpose', sign(certificate('Both', { issuer: root, purposes: [ID.emailProtection, ID.codeSigning] }), POLICY));
{
  const ca = certificate('CA for code', { ca: true, issuer: root, purposes: [ID.codeSigning] }), s = certificate('s1', { issuer: ca });
  add('an authority for signing code', sign(s, POLICY, { certificates: [s, ca] }));
  const pssRoot = certificate('PSS root', { ca: true, key: key('rsa2048'), pss: {} }), t = certificate('s2', { issuer: pssRoot, pss: {} });
  add('certificates signed with RSA-PSS', sign(t, POLICY), { anchors: [pssRoot] });
  const named = certificate('Named', { ca: true, issuer: root, add: [permittedDirectory('Inside')] }), u = certificate('Inside', { issuer: named });
  add('name constraints, kept', sign(u, POLICY, { certificates: [u, named] }));
  const long = certificate('L', { issuer: root, subject: seq(...Array.from({ length: 12 }, (_, i) => set(seq(oid('2.5.4.11'), utf8(`unit \u202e\x1b[31m ${i} ${'x'.repeat(50)}`))))) });
  add('a long name with control characters', sign(long, POLICY), { check: (line) => /^[\x20-\x7e\t]*$/.test(line) && line.length < 1000 });
}
add('one second before it expires', good, { now: NOW + 300 * DAY - 1 });
add('a large policy', sign(leaf, Buffer.alloc(3 << 20, ' x')), { policy: Buffer.alloc(3 << 20, ' x') });
const emptyList = crl(root), listBesides = crl(root, { revoked: [stranger] });
add('revocation list, another one is revoked', good, { crls: [listBesides] });
add('revocation lists of the whole chain', sign(beneath, POLICY, { certificates: [beneath, middle] }), { crls: [emptyList, crl(middle)] });
add('an anchor twice, a list twice', good, { anchors: [root, root], crls: [emptyList, emptyList] });
add('an older revocation list too', good, { crls: [crl(root, { from: NOW - 9 * DAY, to: NOW - 2 * DAY }), emptyList] });

// ---- bytes around and within ----
group = { want: 'SIGNATURE' };
add('no signature', Buffer.alloc(0), { says: /empty/ });
add('a byte behind', Buffer.concat([good, Buffer.from([0])]), { stock: true, says: /1 bytes follow/ });
add('a second signature behind', Buffer.concat([good, good]), { stock: true, says: /bytes follow/ });
add('64 KiB and one byte', Buffer.concat([good, Buffer.alloc(65537 - good.length)]), { stock: true, says: /65537 bytes; .* at most 65536/ });
add('65 KiB of DER', sign(leaf, POLICY, { attributes: [...usualAttributes('sha256', POLICY), attribute('1.2.3', octets(Buffer.alloc(66000)))] }), { stock: true, says: /at most 65536/ });
add('PEM', Buffer.from(pem('PKCS7', good)), { says: /-outform DER/ });
add('S/MIME', Buffer.from('MIME-Version: 1.0\n\n'), { says: /-outform DER/ });
add('text', Buffer.from('not a signature'), {});
add('zeros', Buffer.alloc(100), {});
// Rewrites the element that `pick` chooses (path of child indices) with `change(bytes)`, and the lengths above it.
function edit(bytes, path, change) {
  if (!path.length) return change(bytes);
  const list = children(bytes);
  list[path[0]] = edit(list[path[0]], path.slice(1), change);
  return tlv(bytes[0], ...list);
}
const indefinite = (e) => Buffer.concat([e.subarray(0, 1), Buffer.from([0x80]), e.subarray(element(e, 0).head), Buffer.from([0, 0])]);
const longer = (e) => {
  const { head, end } = element(e, 0), n = end - head;
  return Buffer.concat([e.subarray(0, 1), Buffer.from([0x84, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]), e.subarray(head)]);
};
// where things are: ContentInfo 1 -> [0] 0 -> SignedData: 0 version, 1 digests, 2 content, 3 certificates, 4 signers
const SD = [1, 0], CERT = [...SD, 3, 0], SI = [...SD, 4, 0];
add('BER: indefinite length outside', indefinite(good), { stock: true, says: /indefinite/ });
add('BER: indefinite length of SignedData', edit(good, SD, indefinite), { stock: true, says: /indefinite/ });
add('BER: indefinite length of the certificates', edit(good, [...SD, 3], indefinite), { stock: true, says: /indefinite/ });
add('BER: indefinite length inside a certificate', edit(good, [...CERT, 0], indefinite), { says: /indefinite/ });
add('BER: a length that is too long', longer(good), { stock: true, says: /as short as possible/ });
add('BER: a length inside that is too long', edit(good, [...SI, 5], longer), { stock: true, says: /as short as possible/ });
add('BER: signature in pieces', edit(good, [...SI, 5], (e) => tlv(0x24, octets(e.subarray(2, 20)), octets(e.subarray(20)))), { stock: true, says: /pieces/ });
add('version with a leading zero', edit(good, [...SD, 0], () => tlv(2, Buffer.from([0, 1]))), { says: /as short as possible/ });
add('nested a thousand times', Array.from({ length: 1000 }).reduce((e) => seq(e), nul), { says: /too deeply/ });
add('bytes behind the content', sign(leaf, POLICY, { behind: [nul] }), {});
add('elements behind the signers', sign(leaf, POLICY, { more: [nul] }), {});
add('elements behind the signature', edit(good, SI, (e) => tlv(0x30, ...children(e), nul)), {});
add('elements behind the certificate', edit(good, CERT, (e) => tlv(0x30, ...children(e), nul)), {});

// ---- what kind of message ----
add('enveloped data', sign(leaf, POLICY, { outer: ID.envelopedData }), { says: /type is another/ });
add('nobody signed', sign(leaf, POLICY, { infos: [] }), { says: /no signer/ });
add('certificates only', sign(leaf, POLICY, { infos: [], digests: [] }), { says: /nobody signed/ });
add('two signers', sign(leaf, POLICY, { certificates: [leaf, p384], infos: [signerInfo(leaf, POLICY), signerInfo(p384, POLICY)] }), { stock: true, says: /more than one signer/ });
add('the same signer twice', sign(leaf, POLICY, { infos: [signerInfo(leaf, POLICY), signerInfo(leaf, POLICY)] }), { stock: true, says: /more than one signer/ });
const oneInfo = signerInfo(leaf, POLICY);
add('the same signature twice', sign(leaf, POLICY, { infos: [oneInfo, oneInfo] }), { stock: true, says: /more than one signer/ });
add('a second signer who did not sign', sign(leaf, POLICY, { certificates: [leaf, p384], infos: [oneInfo, signerInfo(p384, OTHER)] }), { says: /more than one signer/ });
add('embedded content', sign(leaf, POLICY, { embed: POLICY }), { stock: true, says: /embeds/ });
add('embedded content, and another policy beside it', sign(leaf, OTHER, { embed: OTHER }), { says: /embeds/ });
add('embedded content of no bytes', sign(leaf, POLICY, { embed: Buffer.alloc(0) }), { says: /embeds/ });
add('content of another type', sign(leaf, POLICY, { type: '1.2.840.113549.1.9.16.1.4' }), { stock: true, says: /another type/ });
add('an attribute certificate', sign(leaf, POLICY, { certificates: [leaf, at(2, int(1))], signedVersion: 4 }), { says: /attribute certificate/ });
add('something else among the certificates', sign(leaf, POLICY, { certificates: [leaf, at(3, oid('1.2.3'), nul)], signedVersion: 5 }), { says: /attribute certificate/ });
add('17 certificates', sign(leaf, POLICY, { certificates: Array.from({ length: 17 }, () => leaf) }), { says: /more than 16/ });
add('embedded revocation list', sign(leaf, POLICY, { crls: [emptyList] }), { stock: true, says: /revocation lists/ });
add('unsigned attribute', sign(leaf, POLICY, { unsigned: [attribute('1.2.3.4', int(1))] }), { stock: true, says: /unsigned attributes/ });
add('countersignature', sign(leaf, POLICY, { unsigned: [attribute('1.2.840.113549.1.9.6', signerInfo(p384, POLICY))] }), { stock: true, says: /unsigned attributes/ });
for (const v of [0, 2, 4, 5, 255, -1, 2n ** 64n]) {
  const n = v === -1 ? int(Buffer.from([255])) : int(v);
  add(`version ${v}`, edit(good, [...SD, 0], () => n), { stock: v === 2 ? true : undefined, says: /version/ });
  add(`version ${v} of the signer`, edit(good, [...SI, 0], () => n), { says: /version/ });
}
add('version 3 where 1 belongs', sign(leaf, POLICY, { signedVersion: 3 }), { stock: true, says: /version/ });
add('version 1 and a key identifier', sign(leaf, POLICY, { byKey: true, signedVersion: 1 }), { stock: true, says: /version/ });
add('signer version 3 where 1 belongs', sign(leaf, POLICY, { version: 3 }), { stock: true, says: /version/ });

// ---- algorithms ----
for (const md of ['md5', 'sha1', 'sha224']) {
  add(`digest ${md}`, sign(rsa, POLICY, { md }), { stock: true, says: /none of SHA-256/ });
}
add('digest SHA-1 with ECDSA', sign(leaf, POLICY, { md: 'sha1' }), { stock: true, says: /none of SHA-256/ });
add('two digests announced', sign(leaf, POLICY, { digests: [digestAlgorithm('sha256'), digestAlgorithm('sha512')] }), { stock: true, says: /more than one digest/ });
add('another digest announced', sign(leaf, POLICY, { digests: [digestAlgorithm('sha512')] }), { says: /announces one digest/ });
add('digest with odd parameters', sign(leaf, POLICY, { digest: seq(oid('2.16.840.1.101.3.4.2.1'), int(1)) }), { stock: true });
add('the signature claims another digest', sign(leaf, POLICY, { algorithm: signatureAlgorithm(leaf.key, 'sha512') }), { stock: true, says: /two different digests/ });
add('the signature claims SHA-1', sign(rsa, POLICY, { algorithm: signatureAlgorithm(rsa.key, 'sha1') }), { says: /not accepted/ });
add('the signature claims RSA, the key is not', sign(leaf, POLICY, { algorithm: signatureAlgorithm(rsa.key, 'sha256') }), { stock: true, says: /does not fit the key/ });
add('the signature claims ECDSA, the key is not', sign(rsa, POLICY, { algorithm: signatureAlgorithm(leaf.key, 'sha256') }), { says: /does not fit the key/ });
add('ECDSA with parameters', sign(leaf, POLICY, { algorithm: seq(oid('1.2.840.10045.4.3.2'), nul) }), { stock: true, says: /parameters/ });
add('RSA with odd parameters', sign(rsa, POLICY, { algorithm: seq(oid('1.2.840.113549.1.1.1'), int(3)) }), { stock: true, says: /parameters/ });
add('RSA-PSS, salt of 20', sign(rsa, POLICY, { pss: { salt: 20 } }), { says: /RSA-PSS/ });
add('RSA-PSS, no salt', sign(rsa, POLICY, { pss: { salt: 0 } }), { says: /RSA-PSS/ });
add('RSA-PSS, another digest', sign(rsa, POLICY, { pss: {}, algorithm: pssAlgorithm('sha512', 32) }), { says: /RSA-PSS/ });
add('RSA-PSS, mask with another digest', sign(rsa, POLICY, { pss: {}, algorithm: pssAlgorithm('sha256', 32, 'sha1') }), { says: /RSA-PSS/ });
add('RSA-PSS without parameters', sign(rsa, POLICY, { pss: { salt: 20 }, algorithm: seq(oid('1.2.840.113549.1.1.10')) }), { says: /RSA-PSS/ });
add('RSA-PSS claimed, PKCS #1 made', sign(rsa, POLICY, { algorithm: pssAlgorithm('sha256', 32) }), {});
add('PKCS #1 claimed, RSA-PSS made', sign(rsa, POLICY, { pss: {}, algorithm: seq(oid('1.2.840.113549.1.1.1'), nul) }), {});

// ---- signed attributes ----
const usual = usualAttributes('sha256', POLICY), [aType, aTime, aDigest] = usual;
const withAttributes = (...attributes) => sign(leaf, POLICY, { attributes });
add('no signed attributes', sign(leaf, POLICY, { noattr: true }), { stock: true, says: /-noattr/ });
add('no signed attributes, RSA', sign(rsa, POLICY, { noattr: true }), { stock: true, says: /-noattr/ });
add('empty signed attributes', withAttributes(), {});
// Who signed OTHER's attributes signed, without attributes, a content that is those attributes.
const attributesOf = (content) => tlv(0x31, ...usualAttributes('sha256', content).toSorted(Buffer.compare));
add('ForgedAttributes: the attributes are the content', sign(leaf, attributesOf(POLICY), { noattr: true }), { policy: attributesOf(POLICY), stock: true, says: /-noattr/ });
{
  // A signature with attributes, turned into one without over "content" that is those attributes.
  const genuine = children(children(children(children(children(good)[1])[0])[4])[0]), attrs = Buffer.from(genuine[3]);
  attrs[0] = 0x31;
  const [version, sid, digest, , algorithm, value] = genuine;
  add('ForgedAttributes: from a genuine signature', sign(leaf, POLICY, { infos: [seq(version, sid, digest, algorithm, value)] }), { policy: attrs, stock: true, says: /-noattr/ });
}
add('no contentType', withAttributes(aTime, aDigest), { says: /lack contentType/ });
add('no messageDigest', withAttributes(aType, aTime), { says: /lack messageDigest/ });
add('contentType twice', withAttributes(aType, aType, aDigest), { says: /twice/ });
add('messageDigest twice', withAttributes(aType, aDigest, aDigest), { says: /twice/ });
add('messageDigest of two contents', withAttributes(aType, aDigest, usualAttributes('sha256', OTHER)[2]), { says: /twice/ });
add('messageDigest with two values', withAttributes(aType, attribute(ID.messageDigest, octets(hash('sha256', POLICY)), octets(hash('sha256', OTHER)))), { says: /exactly one value/ });
add('contentType with two values', withAttributes(attribute(ID.contentType, oid(ID.data), oid(ID.signedData)), aDigest), { says: /exactly one value/ });
add('messageDigest without value', withAttributes(aType, attribute(ID.messageDigest)), { says: /no value/ });
add('messageDigest is no octet string', withAttributes(aType, attribute(ID.messageDigest, utf8(hash('sha256', POLICY).toString('latin1')))), { says: /another kind/ });
add('messageDigest of another length', withAttributes(aType, attribute(ID.messageDigest, octets(hash('sha512', POLICY)))), { says: /64 bytes/ });
add('messageDigest empty', withAttributes(aType, attribute(ID.messageDigest, octets(Buffer.alloc(0)))), { says: /0 bytes/ });
add('signing time twice', withAttributes(aType, aDigest, aTime, attribute(ID.signingTime, time(NOW))), { stock: undefined, says: /twice/ });
add('another attribute twice', withAttributes(...usual, attribute('1.2.3.4', int(1)), attribute('1.2.3.4', int(2))), { stock: true, says: /1\.2\.3\.4/ });
add('another attribute without value', withAttributes(...usual, attribute('1.2.3.4')), { stock: true, says: /1\.2\.3\.4/ });
add('33 attributes', withAttributes(...usual, ...Array.from({ length: 30 }, (_, i) => attribute(`1.2.3.${i}`, nul))), { stock: true, says: /32/ });
add('attributes not in order', sign(leaf, POLICY, { unsorted: true, attributes: [aDigest, aTime, aType] }), { says: /order/ });
add('an attribute is no attribute', withAttributes(...usual, int(1)), {});
add('contentType contradicts', sign(leaf, POLICY, { type: ID.signedData, typeAttribute: ID.data }), { stock: true, says: /content type/ });
add('contentType contradicts, the other way', sign(leaf, POLICY, { typeAttribute: ID.signedData }), { stock: true, says: /content type/ });

// ---- the content ----
const crlf = Buffer.from(POLICY.toString().replaceAll('\n', '\r\n'));
add('CRLF twin of what was signed', good, { policy: crlf, says: /line ends/ });
add('LF twin of what was signed', sign(leaf, crlf), { says: /line ends/ });
add('signed without -binary', sign(leaf, crlf), { says: /line ends/ });
add('another policy', good, { policy: OTHER, says: /changed after/ });
add('a byte more', good, { policy: Buffer.concat([POLICY, Buffer.from('\n')]), says: /changed after/ });
add('a byte less', good, { policy: POLICY.subarray(0, -1), says: /changed after/ });
add('empty policy', sign(leaf, Buffer.alloc(0)), { policy: Buffer.alloc(0), stock: true, says: /policy is empty/ });

// ---- whose key ----
add('made with another key', sign(leaf, POLICY, { key: key('P-256', 'thief') }), { says: /not made with the key/ });
add('a signature that is all zeros', sign(leaf, POLICY, { signature: seq(int(0), int(0)) }), { says: /not made with the key/ });
add('an RSA signature that is 1', sign(rsa, POLICY, { signature: Buffer.concat([Buffer.alloc(255), Buffer.from([1])]) }), { says: /not made with the key/ });
add('an empty signature', sign(leaf, POLICY, { signature: Buffer.alloc(0) }), {});
add("the signer's certificate is not there", sign(leaf, POLICY, { certificates: [root] }), { says: /does not carry/ });
add('no certificate is there', sign(leaf, POLICY, { certificates: [] }), { says: /does not carry/ });
const twin = certificate('Policies', { issuer: root, key: key('P-256', 'twin'), serial: 4711 }), first = certificate('Policies', { issuer: root, key: key('P-256', 'first'), serial: 4711 });
add('two certificates of one issuer and serial number', sign(first, POLICY, { certificates: [first, twin] }), { says: /two different certificates/ });
add('two certificates of one key identifier', sign(leaf, POLICY, { byKey: true, certificates: [leaf, certificate('Other', { issuer: root, ski: leaf.ski })] }), { says: /two different certificates/ });
add('named by another serial number', sign(leaf, POLICY, { sid: seq(root.name, int(1)) }), { says: /does not carry/ });
add("named with the issuer's name in capitals", sign(leaf, POLICY, { sid: seq(dn('ROOT'), leaf.serial) }), { stock: true, says: /does not carry/ });
add('named by an empty key identifier', sign(leaf, POLICY, { byKey: true, sid: valueAt(0, Buffer.alloc(0)) }), {});

// ---- who vouches ----
group = { want: 'ANCHOR' };
const by = (cn, o, more = []) => {
  const c = certificate(cn, { issuer: root, ...o });
  return sign(c, POLICY, { certificates: [c, ...more] });
};
add('no anchor', good, { anchors: [], says: /no trust anchor/ });
add('anchor of somebody else', good, { anchors: [stranger], says: /leads to no trust anchor/ });
add('a root of the same name and another key', good, { anchors: [renewed] });
add('self-signed signer', sign(certificate('Me', {}), POLICY), { says: /no trust anchor/ });
add('the leaf is its own anchor', good, { anchors: [leaf], says: /no authority/ });
const self = certificate('Self', {}), selfCa = certificate('Self CA', { ca: true, usage: ['digitalSignature', 'keyCertSign'], purposes: [ID.codeSigning] });
add('the self-signed leaf is its own anchor', sign(self, POLICY), { anchors: [self], stock: true, says: /no authority/ });
add('the self-signed leaf beside a proper anchor', good, { anchors: [root, self], says: /no authority/ });
add('a self-signed authority signs itself', sign(selfCa, POLICY), { anchors: [selfCa], stock: true, says: /itself the trust anchor/ });
add('an intermediate as anchor', sign(beneath, POLICY), { anchors: [middle], says: /none of the trust anchors is self-signed/ });
add('an intermediate as anchor beside another root', sign(beneath, POLICY), { anchors: [stranger, middle], says: /no trust anchor/ });
add('the intermediate is missing', sign(beneath, POLICY), { says: /-certfile/ });
add('the anchor lies in the signature', sign(leaf, POLICY, { certificates: [leaf, root] }), { anchors: [stranger], says: /no trust anchor/ });
add('expired', by('Expired', { to: NOW - DAY }), { says: /expired on 2027-01-14/ });
add('expired this second', good, { now: NOW + 300 * DAY + 1, says: /expired on/ });
add('not yet valid', by('Early', { from: NOW + DAY }), { says: /valid only from 2027-01-16/ });
add('expired intermediate', (() => {
  const m = certificate('Old middle', { ca: true, issuer: root, to: NOW - DAY }), s = certificate('s', { issuer: m });
  return sign(s, POLICY, { certificates: [s, m] });
})(), { says: /authority's certificate .* expired/ });
const oldRoot = certificate('Old root', { ca: true, to: NOW - DAY }), s3 = certificate('s3', { issuer: oldRoot });
add('expired anchor', sign(s3, POLICY), { anchors: [oldRoot], says: /authority's certificate .* expired/ });
add('no extended key usage', by('No EKU', { purposes: null }), { stock: true, says: /no extended key usage/ });
add('extended key usage for mail', by('Mail', { purposes: [ID.emailProtection] }), { stock: true, says: /lacks codeSigning/ });
add('extended key usage for servers', by('Server', { purposes: [ID.serverAuth] }), { stock: true, says: /lacks codeSigning/ });
add('extended key usage any', by('Any', { purposes: [ID.anyUsage] }), { stock: true, says: /lacks codeSigning/ });
add('extended key usage empty', by('Empty EKU', { purposes: [] }), {});
add('no key usage', by('No KU', { usage: null }), { stock: true, says: /digitalSignature/ });
add('key usage without digitalSignature', by('Encipher', { usage: ['keyEncipherment'] }), { says: /digitalSignature/ });
add('key usage contentCommitment only', by('Commit', { usage: ['contentCommitment'] }), { stock: true, says: /digitalSignature/ });
add('the signer may issue certificates', by('Issuing', { usage: ['digitalSignature', 'keyCertSign'] }), {});
add('the signer is an authority', by('Is CA', { ca: true, usage: ['digitalSignature', 'keyCertSign'], purposes: [ID.codeSigning] }), { stock: true, says: /that of an authority/ });
add('a certificate of version 1', by('v1', { v1: true }), {});
const chain = (issuerOptions, leafOptions = {}, top = root) => {
  const m = certificate('M', { ca: true, issuer: top, ...issuerOptions }), s = certificate('S', { issuer: m, ...leafOptions });
  return sign(s, POLICY, { certificates: [s, m] });
};
{
  const s = certificate('Under a leaf', { issuer: leaf });
  add('issuer is a leaf', sign(s, POLICY, { certificates: [s, leaf] }), { says: /authority's certificate/ });
}
add('issuer without basicConstraints', chain({ extensions: [keyUsage('keyCertSign'), extension('2.5.29.14', octets(Buffer.alloc(20)))] }), {});
add('issuer with CA:FALSE and keyCertSign', chain({ ca: false, usage: ['keyCertSign'], purposes: null }), {});
add('issuer without keyCertSign', chain({ usage: ['digitalSignature'] }), {});
add('issuer without key usage', chain({ usage: null }), {});
add('issuer of version 1', chain({ v1: true }), {});
add('issuer limited to servers', chain({ purposes: [ID.serverAuth] }), { stock: true, says: /limited to purposes/ });
const serverRoot = certificate('Server root', { ca: true, purposes: [ID.serverAuth] });
{
  const s = certificate('s', { issuer: serverRoot });
  add('anchor limited to servers', sign(s, POLICY), { anchors: [serverRoot], stock: true, says: /limited to purposes/ });
  const short = certificate('Short', { ca: true, issuer: root, pathlen: 0 }), m = certificate('M2', { ca: true, issuer: short }), t = certificate('T', { issuer: m });
  add('path longer than allowed', sign(t, POLICY, { certificates: [t, m, short] }), {});
  const named = certificate('Named', { ca: true, issuer: root, add: [permittedDirectory('Inside')] }), u = certificate('Outside', { issuer: named });
  add('name constraints, broken', sign(u, POLICY, { certificates: [u, named] }), { says: /permitted subtree/ });
  let top = root;
  const deep = Array.from({ length: 10 }, (_, i) => (top = certificate(`D${i}`, { ca: true, issuer: top }))), v = certificate('V', { issuer: top });
  add('a chain of twelve', sign(v, POLICY, { certificates: [v, ...deep] }), { stock: true });
  const v1Root = certificate('v1 root', { ca: true, v1: true }), w = certificate('W', { issuer: v1Root });
  add('anchor of version 1', sign(w, POLICY), { anchors: [v1Root], says: /no authority/ });
}
const bare = (ca) => [basicConstraints(ca), keyUsage(ca ? 'keyCertSign' : 'digitalSignature'), ...(ca ? [] : [extendedKeyUsage(ID.codeSigning)])];
add('no authority key identifier', by('No AKI', { extensions: bare(false) }), { stock: true, says: /authorityKeyIdentifier=keyid/ });
{
  const ca = certificate('No usage', { ca: true, usage: null }), s = certificate('s6', { issuer: ca });
  add('root without key usage, as openssl req makes it', sign(s, POLICY), { anchors: [ca], stock: true, says: /keyUsage=critical,keyCertSign/ });
}
{
  const ca = certificate('No SKI', { ca: true, issuer: root, extensions: [...bare(true), extension('2.5.29.35', seq(valueAt(0, root.ski)))] }), s = certificate('s5', { issuer: ca });
  add('issuer without subject key identifier', sign(s, POLICY, { certificates: [s, ca] }), { stock: true, says: /subjectKeyIdentifier=hash/ });
}
{
  const nine = [root];
  for (let i = 0; i < 8; i++) nine.push(certificate(`N${i}`, { ca: true, issuer: nine.at(-1) }));
  const s = certificate('s6', { issuer: nine.at(-1) });
  add('a chain of ten', sign(s, POLICY, { certificates: [s, ...nine.slice(1)] }), { want: 'ok' });
}
add('a critical extension that nobody knows', by('Critical', { add: [extension('1.2.3.4.5', nul, true)] }), { says: /critical/ });
add('the same in the issuer', chain({ add: [extension('1.2.3.4.5', nul, true)] }), { says: /critical/ });
const proud = (name, o, more) => add(name, by(name, o, more), { want: 'SIGNATURE', says: /certificates is not|certificate that is not/ });
proud('an extension twice, that nobody knows', { add: [extension('1.2.3.4', nul), extension('1.2.3.4', nul)] });
proud('an extension that says it is not critical', { add: [seq(oid('1.2.3.4'), bool(false), octets(nul))] });
proud('something behind the value of an extension', { purposes: null, add: [extension('2.5.29.37', Buffer.concat([seq(oid(ID.codeSigning)), nul]))] });
proud('a negative serial number', { serial: Buffer.from([0xfb]) });
proud('a stranger beside the signer', {}, [stranger]);
proud('an expired certificate beside the signer', {}, [certificate('Old', { issuer: root, to: NOW - DAY })]);
proud('the root beside the signer, changed in its last byte', {}, [Buffer.concat([root.der.subarray(0, -1), Buffer.from([root.der.at(-1) ^ 1])])]);
add('an extension twice', by('Twice', { add: [extendedKeyUsage(ID.codeSigning)] }), { want: 'SIGNATURE', says: /certificates/ });
for (const md of ['md5', 'sha1']) {
  const r = certificate('RSA root', { ca: true, key: key('rsa2048', 'root') }), s = certificate(`by ${md}`, { issuer: r, md });
  add(`certificate signed with ${md}`, sign(s, POLICY), { anchors: [r] });
}
add('issuer signed with SHA-1', chain({ md: 'sha1' }), {});
add('certificate signed with SHA-224', by('SHA-224', { md: 'sha224' }), { stock: true });
add('certificate signed by another key', by('Forged', { wrongKey: key('P-256', 'thief') }), {});
for (const bits of [512, 1024, 1536, 2047]) {
  add(`RSA-${bits}`, by(`RSA-${bits}`, { key: key(`rsa${bits}`) }), { stock: true, says: /too weak|2048|too small/ });
}
add('RSA-1024 issuer', chain({ key: key('rsa1024') }), { says: /weak|2048|small/ });
const weakRoot = certificate('Weak root', { ca: true, key: key('rsa1024') }), weakly = certificate('Weakly', { issuer: weakRoot });
add('RSA-1024 anchor', sign(weakly, POLICY), { anchors: [weakRoot], says: /weak|2048|small/ });
{
  // Nobody's key is needed: the padded digest is its own power of one.
  const n = Buffer.from(key('rsa2048').export({ format: 'jwk' }).n, 'base64url'), one = seq(seq(oid('1.2.840.113549.1.1.1'), nul), bits(seq(int(`0x${n.toString('hex')}`), int(1))));
  const s = certificate('Exponent 1', { issuer: root, key: key('rsa2048'), spki: one }), attributes = usualAttributes('sha256', POLICY);
  const info = seq(digestAlgorithm('sha256', true), octets(hash('sha256', tlv(0x31, ...attributes.toSorted(Buffer.compare)))));
  const signature = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 3 - info.length, 0xff), Buffer.from([0]), info]);
  add('RSA with exponent 1', sign(s, POLICY, { attributes, signature }), { stock: true, says: /exponent/ });
}
for (const curve of ['secp192k1', 'P-224', 'secp256k1', 'brainpoolP256r1']) {
  add(`curve ${curve}`, by(curve, { key: key(curve) }), { stock: true });
}
add('curve by explicit parameters', by('Explicit', { key: key('P-256!') }), { says: /explicit/ });
add('Ed25519 issuer', chain({ key: key('ed25519'), md: 'sha256' }), { stock: true, says: /not signed with SHA-256/ });

// ---- anchors and lists that are not what they must be ----
add('anchors: a key among them', good, { anchorText: pem('CERTIFICATE', root.der) + pem('PRIVATE KEY', Buffer.from('not a key')), says: /PRIVATE KEY/ });
add('anchors: damaged base64', good, { anchorText: pem('CERTIFICATE', root.der).replace(/.{40}/, '$&*'), says: /damaged/ });
add('anchors: cut off', good, { anchorText: pem('CERTIFICATE', root.der).slice(0, -30), says: /damaged/ });
add('anchors: damaged certificate', good, { anchorText: pem('CERTIFICATE', root.der.subarray(0, -9)), says: /damaged/ });
add('anchors: bytes behind a certificate', good, { anchorText: pem('CERTIFICATE', Buffer.concat([root.der, nul])), says: /damaged/ });
add('anchors: DER', good, { anchorText: root.der, says: /in PEM/ });
add('revocation lists: DER, which would be passed over', good, { crlText: crl(root, { revoked: [leaf] }), says: /in PEM/ });
add('revocation lists: PEM and DER', good, { crlText: Buffer.concat([Buffer.from(pem('X509 CRL', emptyList)), crl(root, { revoked: [leaf] })]), says: /in PEM/ });
add('revocation lists: text, and no list', good, { crlText: 'nobody is revoked\n', says: /no list in PEM/ });
add('revocation list of changes, which openssl passes over', good, { crls: [emptyList, crl(root, { revoked: [leaf], add: [extension('2.5.29.27', int(1), true)] })], says: /changes only/ });
add('revoked', good, { crls: [crl(root, { revoked: [stranger, leaf] })], says: /was revoked/ });
const older = crl(root, { from: NOW - 3 * DAY }), newer = crl(root, { from: NOW - DAY, revoked: [leaf] });
add('two lists that are current, the newer one revokes', good, { crls: [older, newer], says: /was revoked/ });
add('two lists that are current, the newer one first', good, { crls: [newer, older], says: /was revoked/ });
add('revoked issuer', sign(beneath, POLICY, { certificates: [beneath, middle] }), { crls: [crl(root, { revoked: [middle] }), crl(middle)], says: /authority's certificate .* was revoked/ });
add('revocation list out of date', good, { crls: [crl(root, { from: NOW - 9 * DAY, to: NOW - DAY })], says: /good until 2027-01-14/ });
add('revocation list from the future', good, { crls: [crl(root, { from: NOW + DAY, to: NOW + 9 * DAY })], says: /revocation list/ });
add('revocation list without an end', good, { crls: [crl(root, { to: null })], says: /until when/ });
add('revocation list forged', good, { crls: [crl(root, { key: key('P-256', 'thief') })], says: /revocation list/ });
add('revocation list of somebody else only', good, { crls: [crl(stranger)], says: /none of CN=Root/ });
add('revocation list of the root only', sign(beneath, POLICY, { certificates: [beneath, middle] }), { crls: [emptyList], says: /none of CN=Middle/ });
add('revocation list of the intermediate only', sign(beneath, POLICY, { certificates: [beneath, middle] }), { crls: [crl(middle)], says: /none of CN=Root/ });
add('revocation list signed with SHA-1', good, { crls: [crl(root, { md: 'sha1' })], says: /not signed with SHA-256/ });
add('revocation list with a critical extension', good, { crls: [crl(root, { add: [extension('1.2.3.4.5', nul, true)] })], says: /revocation list/ });
{
  const r = certificate('No CRL', { ca: true, usage: ['keyCertSign'] }), s = certificate('s4', { issuer: r });
  add('revocation list by who may not sign one', sign(s, POLICY), { anchors: [r], crls: [crl(r)], says: /revocation list/ });
}
add('revocation lists: damaged', good, { crlText: pem('X509 CRL', emptyList).replace(/.{40}/, '$&*'), says: /damaged/ });
add('revocation lists: a certificate among them', good, { crlText: pem('X509 CRL', emptyList) + pem('CERTIFICATE', root.der), says: /CERTIFICATE/ });
