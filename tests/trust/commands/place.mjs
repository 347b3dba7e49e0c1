// A project, an authority and its signers in a temporary directory, through openssl; and npsx run there.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const npsx = resolve(process.env.NPSX ?? join(import.meta.dirname, '../../../build/npsx'));

export function openssl(place, ...args) {
    return execFileSync('openssl', args, { cwd: place.dir, encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });
}

export const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const RSA = ['-newkey', 'rsa:2048'];
export const SIGNER = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning',
    'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash'];

export class Place {
    constructor() {
        this.dir = mkdtempSync(join(tmpdir(), 'packsec-commands-'));
        this.write('package.json', '{}');
        this.env = { PATH: process.env.PATH, HOME: this.dir, TMPDIR: this.dir, LANG: 'C.UTF-8' };
    }
    path(name) { return join(this.dir, name); }
    write(name, text) { writeFileSync(this.path(name), text, { mode: 0o600 }); return name; }
    read(name) { return readFileSync(this.path(name), 'latin1'); }
    has(name) { return existsSync(this.path(name)); }
    policy(value) { this.write('packsec.policy.json', typeof value === 'string' ? value : JSON.stringify(value)); }
    end() { rmSync(this.dir, { recursive: true, force: true }); }

    // A root of its own: NAME.pem, NAME.key.
    root(name, key = EC) {
        openssl(this, 'req', '-x509', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '3650',
            '-subj', `/CN=${name}`, ...CA.flatMap((e) => ['-addext', e]));
    }
    // A certificate that `by` issued.
    issue(name, by, { key = EC, extensions = SIGNER, days = 365, ca = false, more = [] } = {}) {
        openssl(this, 'req', '-new', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
        this.write(`${name}.ext`, (ca ? CA : extensions).join('\n') + '\n');
        openssl(this, 'x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', `${days}`,
            '-extfile', `${name}.ext`, '-out', `${name}.pem`, ...more);
    }
    // One run: { status, out, err }. stdin: a text, or nothing. No terminal: nobody is asked anything.
    run(args, { stdin = '', env = {}, stdio } = {}) {
        const done = spawnSync('setsid', ['-w', npsx, ...args], { cwd: this.dir, encoding: 'utf8', input: stdin, timeout: 60000,
            env: { ...this.env, ...env }, ...(stdio && { stdio }) });
        return { status: done.status, out: done.stdout, err: done.stderr };
    }
    // Is this a signature over the policy, as OpenSSL sees it?
    opensslVerifies(root, signature = 'packsec.policy.json.p7s', policy = 'packsec.policy.json') {
        const done = spawnSync('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-in', signature, '-content', policy,
            '-CAfile', `${root}.pem`, '-purpose', 'any', '-out', '/dev/null'], { cwd: this.dir, encoding: 'utf8' });
        return done.status === 0;
    }
}
