// Writes the seeds of the fuzz targets anew: node tests/trust/signature/seeds.mjs (by hand, when the formats change).
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pem } from './der.mjs';
import { cases } from './cases.mjs';

const corpus = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../fuzz/corpus');
const named = (name) => cases.find((c) => c.name === name);
const write = (target, name, bytes) => {
  fs.mkdirSync(path.join(corpus, target), { recursive: true });
  fs.writeFileSync(path.join(corpus, target, name), bytes);
};
function request(c) {
  const parts = [c.policy, c.signature, Buffer.from(c.anchors.map((a) => pem('CERTIFICATE', a.der)).join('')), Buffer.from(c.crls.map((l) => pem('X509 CRL', l)).join(''))];
  const head = Buffer.alloc(48);
  head.write('PSVQ\x01\0\0\0', 'latin1');
  head.writeBigInt64LE(BigInt(c.now), 8);
  parts.forEach((p, i) => head.writeBigUInt64LE(BigInt(p.length), 16 + 8 * i));
  return Buffer.concat([head, ...parts]);
}

write('cms', 'proper.der', named('proper').signature);
write('cms', 'pss.der', named('RSA-PSS').signature);
write('cms', 'smime-chain.der', named('chain, as openssl smime orders it').signature);
write('cms', 'bare.der', named('bare SignedData').signature);
write('cms', 'key-id.der', named('named by key identifier').signature);
write('signature', 'proper.request', request(named('proper')));
