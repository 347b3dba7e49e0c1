// Keys, certificates and signatures for tests/windows/run, by openssl, anew each time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const config = `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[notca]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
[code]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
[mail]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = emailProtection
[noeku]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
[noku]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
extendedKeyUsage = codeSigning
[authority]
default_ca = authority_ca
[authority_ca]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
`;

// One level of DER: [tag, header length, content length].
function header(der, at) {
  let n = der[at + 1], h = 2;
  if (n & 0x80) { h = 2 + (n & 0x7f); n = der.subarray(at + 2, at + h).reduce((sum, byte) => sum * 256 + byte, 0); }
  return [der[at], h, n];
}

// The SignedData inside of ContentInfo { OID, [0] { SignedData } }: what `signtool sign /p7ce DetachedSignedData` writes.
export function strip(der) {
  let at = header(der, 0)[1];
  const [, oidHeader, oidLength] = header(der, at);
  at += oidHeader + oidLength;
  at += header(der, at)[1];
  return der.subarray(at);
}

export function makeSignatures(dir, policy) {
  mkdirSync(dir);
  const at = (name) => join(dir, name);
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(at('openssl.cnf'), config);
  writeFileSync(at('policy'), policy);
  const key = (name, ...how) => openssl('genpkey', ...(how.length ? how : ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']), '-out', `${name}.key`);
  const ca = (name) => {
    key(name);
    openssl('req', '-x509', '-new', '-key', `${name}.key`, '-sha256', '-days', '30', '-subj', `/O=Test/CN=${name}`, '-config', 'openssl.cnf', '-extensions', 'ca', '-out', `${name}.pem`);
  };
  // issued(name, issuer, extensions, { md, days from now, key of })
  const issued = (name, issuer, extensions, { md = 'sha256', days = 20, of = name } = {}) => {
    openssl('req', '-new', '-key', `${of}.key`, '-subj', `/O=Test/CN=${name}`, '-config', 'openssl.cnf', '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, `-${md}`, '-days', String(days), '-set_serial', String(1000 + serial++), '-extfile', 'openssl.cnf', '-extensions', extensions, '-out', `${name}.pem`);
  };
  let serial = 0;
  const sign = (name, { signer = 'leaf', of = signer, content = 'policy', md = 'sha256', more = [] } = {}) => {
    openssl('cms', '-sign', '-binary', '-outform', 'DER', '-in', content, '-signer', `${signer}.pem`, '-inkey', `${of}.key`, '-md', md, '-out', name, ...more);
    return readFileSync(at(name));
  };
  ca('ca');
  ca('other');
  key('leaf');
  issued('leaf', 'ca', 'code');
  for (const [name, extensions, how] of [['mail', 'mail'], ['noeku', 'noeku'], ['noku', 'noku'], ['old', 'code', { days: -1 }], ['sha1', 'code', { md: 'sha1' }], ['middle', 'ca'], ['fake', 'notca'], ['signing-ca', 'ca']]) {
    issued(name, 'ca', extensions, { of: 'leaf', ...how });
  }
  // under another authority's name, and under one that is none
  execFileSync('cp', ['leaf.key', 'middle.key'], { cwd: dir });
  execFileSync('cp', ['leaf.key', 'fake.key'], { cwd: dir });
  key('deep');
  issued('deep', 'middle', 'code');
  issued('faked', 'fake', 'code', { of: 'deep' });
  issued('stranger', 'other', 'code', { of: 'leaf' });
  key('small', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024');
  issued('small', 'ca', 'code');
  openssl('req', '-x509', '-new', '-key', 'leaf.key', '-sha256', '-days', '30', '-subj', '/O=Test/CN=self', '-config', 'openssl.cnf', '-extensions', 'code', '-out', 'self.pem');

  const good = sign('good');
  const flip = (der, where) => { const copy = Buffer.from(der); copy[where] ^= 1; return copy; };
  writeFileSync(at('crlf'), policy.replaceAll('\n', '\r\n'));
  writeFileSync(at('another'), `${policy} `);
  const olderPolicy = policy.replace('"serial":7', '"serial":6');
  writeFileSync(at('older'), olderPolicy);

  // Lists: openssl's own little authority, with an index that says what was revoked.
  const crl = (name, issuer, revoked, days) => {
    const number = openssl('x509', '-in', 'leaf.pem', '-noout', '-serial').toString().trim().replace('serial=', '');
    writeFileSync(at('index.txt'), revoked ? `R\t400101000000Z\t200101000000Z\t${number}\tunknown\t/O=Test/CN=leaf\n` : '');
    writeFileSync(at('crlnumber'), '01\n');
    const span = days < 0 ? ['-crl_lastupdate', '200101000000Z', '-crl_nextupdate', '200201000000Z'] : ['-crldays', String(days)];
    openssl('ca', '-config', 'openssl.cnf', '-name', 'authority_ca', '-gencrl', '-keyfile', `${issuer}.key`, '-cert', `${issuer}.pem`, ...span, '-out', name);
    return readFileSync(at(name), 'latin1');
  };
  const pem = (name) => readFileSync(at(name), 'latin1');
  const forge = (text) => {
    const der = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
    return `-----BEGIN X509 CRL-----\n${flip(der, der.length - 1).toString('base64')}\n-----END X509 CRL-----\n`;
  };
  const crlEmpty = crl('empty.crl', 'ca', false, 10);
  return {
    policy, olderPolicy, good, bare: strip(good), damaged: flip(good, good.length - 1), older: sign('older.p7s', { content: 'older' }),
    ca: pem('ca.pem'), caFile: at('ca.pem'), otherCa: pem('other.pem'), leaf: pem('leaf.pem'),
    crlEmpty, crlRevoked: crl('revoked.crl', 'ca', true, 10), crlExpired: crl('expired.crl', 'ca', false, -1), crlOther: crl('other.crl', 'other', false, 10), crlForged: forge(crlEmpty),
    sri: `sha256-${createHash('sha256').update(policy).digest('base64')}`,
    // [name, bytes, what the refusal says]: Windows would let each of them pass, so it is npsx that refuses
    bad: [
      ['other content', sign('x1', { content: 'another' }), /for another content/],
      ['other line ends', sign('x2', { content: 'crlf' }), /line ends/],
      ['no signed attributes', sign('x3', { more: ['-noattr'] }), /attribute/],
      ['sha1', sign('x4', { md: 'sha1' }), /SHA-?1|digest/i],
      ['md5', sign('x5', { md: 'md5' }), /MD5|digest/i],
      ['embedded content', sign('x6', { more: ['-nodetach'] }), /detached|content|embed/i],
      ['no certificate', sign('x7', { more: ['-nocerts'] }), /certificate/],
      ['two signers', sign('x8', { more: ['-signer', 'middle.pem', '-inkey', 'leaf.key'] }), /sign/],
      ['trailing byte', Buffer.concat([good, Buffer.from([0])]), /after|end|byte/],
      ['cut off', good.subarray(0, good.length - 1), /ends|damaged|short|DER|length/],
      ['empty', Buffer.alloc(0), /empty|ends|no /],
      ['too large', Buffer.concat([good, Buffer.alloc(1 << 16)]), /large|at most/],
      ['text', Buffer.from(good.toString('base64')), /DER|PEM|base64|signature/i],
      ['the signature flipped', flip(good, good.length - 40), /damaged or forged/],
      ['for mail', sign('x9', { signer: 'mail', of: 'leaf' }), /codeSigning/],
      ['no extended key usage', sign('xa', { signer: 'noeku', of: 'leaf' }), /extended key usage/],
      ['no digitalSignature', sign('xb', { signer: 'noku', of: 'leaf' }), /digitalSignature|key usage/],
      ['expired', sign('xc', { signer: 'old', of: 'leaf' }), /expired on/],
      ['a certificate signed with SHA-1', sign('xd', { signer: 'sha1', of: 'leaf' }), /SHA-256|acceptable|not issued/],
      ['RSA of 1024 bits', sign('xe', { signer: 'small' }), /2048/],
      ['an authority signs itself', sign('xf', { signer: 'signing-ca', of: 'leaf' }), /authority|codeSigning/],
      ['self-signed', sign('xg', { signer: 'self', of: 'leaf' }), /leads to no trust anchor|itself/],
      ['under another root', sign('xh', { signer: 'stranger', of: 'leaf' }), /leads to no trust anchor/],
      ['under another root, which it carries', sign('xi', { signer: 'stranger', of: 'leaf', more: ['-certfile', 'other.pem'] }), /leads to no trust anchor/],
      ['issued by a certificate that is no authority', sign('xj', { signer: 'faked', of: 'deep', more: ['-certfile', 'fake.pem'] }), /authority|acceptable/],
      ['the middle is missing', sign('xk', { signer: 'deep' }), /leads to no trust anchor/],
    ],
    alsoGood: [
      ['SHA-384', sign('y1', { md: 'sha384' })],
      ['SHA-512', sign('y2', { md: 'sha512' })],
      ['openssl smime', (openssl('smime', '-sign', '-binary', '-outform', 'DER', '-in', 'policy', '-signer', 'leaf.pem', '-inkey', 'leaf.key', '-md', 'sha256', '-out', 'y3'), readFileSync(at('y3')))],
      ['with the authority between', sign('y4', { signer: 'deep', more: ['-certfile', 'middle.pem'] })],
      ['with its own root beside', sign('y5', { more: ['-certfile', 'ca.pem'] })],
    ],
  };
}
