// npsx policy sign, with real keys: in files and in a token.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Place, RSA, SIGNER, openssl, npsx } from './place.mjs';

const MODULE = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];
const POLICY = '{"version":1,"serial":3,"app":{"clock":true}}\n';
let p;
before(() => {
    p = new Place();
    p.root('root');
    p.issue('ec', 'root');
    p.issue('rsa', 'root', { key: RSA });
});
after(() => p.end());

const sign = (key, ...more) => p.run(['policy', 'sign', '--key', `${key}.key`, '--cert', `${key}.pem`, ...more]);
function refused(done, pattern, status = 126) {
    assert.match(done.err, pattern);
    assert.equal(done.err.trim().split('\n').length, 1, done.err);
    assert.equal(done.status, status);
}

for (const key of ['ec', 'rsa']) {
    test(`${key}: what is signed verifies with openssl, other bytes do not`, () => {
        p.policy(POLICY);
        const done = sign(key);
        assert.equal(done.status, 0, done.err);
        assert.equal(done.err, '');
        assert.match(done.out, /signed packsec\.policy\.json, serial 3\n/);
        assert.match(done.out, new RegExp(`signer +CN=${key}\n +issuer +CN=root\n`));
        assert.ok(p.opensslVerifies('root'));
        assert.equal(p.read('packsec.policy.json'), POLICY);
        p.policy(POLICY.replace('3', '4'));
        assert.ok(!p.opensslVerifies('root'));
    });
    for (const digest of ['sha256', 'sha384', 'sha512']) {
        test(`${key} with ${digest}: DER, detached, signed attributes, one signer, no root`, () => {
            p.policy(POLICY);
            assert.equal(sign(key, '--digest', digest, '--out', 's.p7s').status, 0);
            const shown = openssl(p, 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', 's.p7s');
            assert.match(shown, /eContent: <ABSENT>/);
            assert.match(shown, new RegExp(`digestAlgorithm: *\n *algorithm: ${digest} `));
            assert.equal(shown.match(/object: messageDigest/g).length, 1);
            assert.equal(shown.match(/object: contentType/g).length, 1);
            assert.doesNotMatch(shown, /S\/MIME Cap/);
            assert.equal(shown.match(/cert_info/g).length, 1);
            assert.ok(p.opensslVerifies('root', 's.p7s'));
        });
    }
}

test('the chain goes along, its root does not', () => {
    p.policy(POLICY);
    p.issue('middle', 'root', { ca: true });
    p.issue('deep', 'middle');
    p.write('chain.pem', p.read('middle.pem') + p.read('root.pem'));
    assert.equal(sign('deep', '--chain', 'chain.pem').status, 0);
    assert.ok(p.opensslVerifies('root'));
    const shown = openssl(p, 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'packsec.policy.json.p7s');
    assert.equal(shown.match(/cert_info/g).length, 2);
});

test('--serial next and --serial N write the policy, then sign what was written', () => {
    p.policy(POLICY);
    assert.equal(sign('ec', '--serial', 'next').status, 0);
    assert.equal(JSON.parse(p.read('packsec.policy.json')).serial, 4);
    assert.ok(p.opensslVerifies('root'));
    assert.equal(sign('ec', '--serial', '40').status, 0);
    assert.equal(JSON.parse(p.read('packsec.policy.json')).serial, 40);
    assert.ok(p.opensslVerifies('root'));
    refused(sign('ec', '--serial', '39'), /serial 40: with 39 it would be refused/);
    p.policy({ version: 1 });
    assert.equal(sign('ec', '--serial', 'next').status, 0);
    assert.equal(JSON.parse(p.read('packsec.policy.json')).serial, 1);
});

test('a failure changes nothing', () => {
    p.policy(POLICY);
    assert.equal(sign('ec').status, 0);
    const [before, files] = [p.read('packsec.policy.json.p7s'), readdirSync(p.dir).sort()];
    refused(p.run(['policy', 'sign', '--key', 'ec.key', '--cert', 'rsa.pem', '--serial', 'next']), /not the one that the certificate is for/);
    assert.equal(p.read('packsec.policy.json'), POLICY);
    assert.equal(p.read('packsec.policy.json.p7s'), before);
    assert.deepEqual(readdirSync(p.dir).sort(), files);
});

test('what would not run is not signed', () => {
    for (const [policy, why] of [['{"version":1,"app":{"clok":true}}', /unknown capability "clok"/], ['{"version":1}x', /:1:14/],
        ['{"version":1,"version":1}', /./], ['\ufeff{"version":1}', /./]]) {
        p.policy(policy);
        p.write('packsec.policy.json.p7s', 'old');
        refused(sign('ec'), why);
        assert.equal(p.read('packsec.policy.json.p7s'), 'old');
    }
});

const ID = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
const bad = [
    ['for TLS servers', { extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth', ...ID] }, /not for signing code/],
    ['without a purpose', { extensions: ['keyUsage=critical,digitalSignature', ...ID] }, /no extended key usage/],
    ['for encryption', { extensions: ['keyUsage=critical,keyEncipherment', 'extendedKeyUsage=codeSigning', ...ID] }, /lacks digitalSignature/],
    ['without a usage', { extensions: ['extendedKeyUsage=codeSigning', ...ID] }, /lacks digitalSignature/],
    ['of an authority', { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature,keyCertSign', 'extendedKeyUsage=codeSigning', ...ID] },
        /of an authority/],
    ['RSA of 1024 bits', { key: ['-newkey', 'rsa:1024'] }, /less than 2048 bits/],
    ['EC of 192 bits', { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime192v1'] }, /on a curve other than/],
    ['EC on another curve', { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'] }, /on a curve other than/],
    ['EC with explicit parameters', { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'] }, /on a curve other than/],
    ['without the issuer\'s key', { extensions: [...SIGNER.filter((e) => !e.startsWith('authority')), 'authorityKeyIdentifier=none'] }, /no authority key identifier/],
    ['that may issue others', { extensions: ['keyUsage=critical,digitalSignature,keyCertSign', 'extendedKeyUsage=codeSigning', ...ID] }, /may issue certificates/],
    ['Ed25519', { key: ['-newkey', 'ed25519'] }, /neither RSA nor on P-256/],
    ['signed with SHA-1', { more: ['-sha1'] }, /not signed with SHA-256/],
];
for (const [name, how, why] of bad) {
    test(`a certificate that nobody would accept is refused before anything is signed: ${name}`, () => {
        p.policy(POLICY);
        p.issue('bad', 'root', how);
        p.write('packsec.policy.json.p7s', 'old');
        refused(sign('bad'), why);
        assert.equal(p.read('packsec.policy.json.p7s'), 'old');
        // And indeed: what openssl makes with it is refused by who verifies.
        const made = spawnSync('openssl', ['cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256', '-in', 'packsec.policy.json', '-inkey', 'bad.key',
            '-signer', 'bad.pem', '-out', 'packsec.policy.json.p7s'], { cwd: p.dir });
        if (made.status === 0) refused(p.run(['policy', 'verify', '--trust', 'root.pem']), /./);
    });
}

for (const [name, key] of [['RSA with an exponent of 3', ['-newkey', 'rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3']], ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['P-521', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521']]]) {
    test(`what sign accepts, verify accepts: ${name}`, () => {
        p.policy(POLICY);
        p.issue('good', 'root', { key });
        const done = sign('good', '--trust', 'root.pem');
        assert.equal(done.status, 0, done.err);
        assert.match(done.out, /the signature verifies/);
    });
}

test('an RSA-PSS key is refused in time', () => {
    p.policy(POLICY);
    p.issue('pss', 'root', { key: ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'] });
    refused(sign('pss'), /RSA-PSS only/);
});

test('the example of the manual', (t) => {
    const p = new Place();
    t.after(() => p.end());
    p.policy(POLICY);
    const page = readFileSync(join(import.meta.dirname, '../../../docs/man/npsx-sign.1'), 'utf8');
    const example = /A root and a signer to try it with:\n\.Bd[^\n]*\n([^]*?)\.Ed/.exec(page)[1];
    const commands = example.replaceAll('\\e', '\\').replace(/^\$ /gm, '').replace(/^npsx /m, `'${npsx}' `).replaceAll('rsa:3072', 'rsa:2048');
    const done = spawnSync('sh', ['-e', '-c', commands], { cwd: p.dir, env: p.env, encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /anchor +CN=Policies Root: the signature verifies/);
});

test('an expired certificate is refused, one that expires soon is told of', () => {
    p.policy(POLICY);
    p.issue('soon', 'root', { days: 5 });
    const done = sign('soon');
    assert.equal(done.status, 0);
    assert.match(done.err, /^npsx: warning: the signer's certificate expires in [45] days/);
    p.issue('old', 'root', { more: ['-days', '-1'] });
    refused(sign('old'), /has expired/);
});

test('a key that others can read is told of', () => {
    p.policy(POLICY);
    chmodSync(p.path('ec.key'), 0o644);
    const done = sign('ec');
    chmodSync(p.path('ec.key'), 0o600);
    assert.equal(done.status, 0);
    assert.match(done.err, /warning: the key .*ec\.key can be read by others/);
});

test('a passphrase: by file, by descriptor, never without being told', () => {
    p.policy(POLICY);
    openssl(p, 'pkcs8', '-topk8', '-in', 'ec.key', '-out', 'locked.key', '-passout', 'pass:correct horse');
    p.write('right', 'correct horse\nbattery\n');
    p.write('wrong', 'correct');
    const locked = (...more) => ['policy', 'sign', '--key', 'locked.key', '--cert', 'ec.pem', ...more];
    assert.equal(p.run(locked('--passphrase-file', 'right')).status, 0);
    assert.ok(p.opensslVerifies('root'));
    assert.equal(p.run(locked('--passphrase-fd', '0'), { stdin: 'correct horse\r\n' }).status, 0);
    refused(p.run(locked('--passphrase-file', 'wrong')), /does not open with this passphrase/);
    refused(p.run(locked(), { stdin: 'correct horse\n' }), /no terminal to ask on \(--passphrase-file/);
    refused(p.run(locked('--passphrase-fd', '0', '--passphrase-file', 'right')), /not both/, 125);
    refused(p.run(locked('--passphrase-fd', 'x')), /number of a descriptor/, 125);
    refused(p.run(locked('--passphrase-file', 'nowhere')), /there is no passphrase file/);
});

// On a terminal, with these keys typed at the prompt: what is shown, "|", and the exit status; then "|" and whether the terminal echoes again.
function typed(keys) {
    const script = `
import os, pty, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
out = b''
sent = False
while True:
    try: got = os.read(fd, 1000)
    except OSError: break
    if not got: break
    out += got
    if not sent and b'Passphrase or PIN for' in out:
        for _ in range(500):  # the prompt comes first, and then the echo goes off
            if not termios.tcgetattr(fd)[3] & termios.ECHO: break
            time.sleep(0.01)
        os.write(fd, bytes.fromhex(sys.argv[1])); sent = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(out.decode(), status, bool(termios.tcgetattr(fd)[3] & termios.ECHO), sep='|')
`;
    return execFileSync('python3', ['-c', script, Buffer.from(keys).toString('hex'), npsx, 'policy', 'sign', '--key', 'locked.key', '--cert', 'ec.pem'],
        { cwd: p.dir, env: p.env, encoding: 'utf8', timeout: 30000 });
}

test('a passphrase is asked on the terminal', () => {
    p.policy(POLICY);
    openssl(p, 'pkcs8', '-topk8', '-in', 'ec.key', '-out', 'locked.key', '-passout', 'pass:secret');
    // Standard input is the terminal's too; the passphrase may not be echoed.
    const out = typed('secret\n');
    assert.match(out, /signed packsec\.policy\.json[\s\S]*\|0\|True\n$/);
    assert.doesNotMatch(out, /secret/);
});

test('whoever ends the question for a passphrase signs nothing, is asked once, and has an echo again', () => {
    for (const key of ['\x03', '\x04', '\x1c']) {
        const out = typed(key);
        assert.match(out, /nothing was signed: no passphrase was given for the key [^\n]*locked\.key\s*\|126\|True\n$/);
        assert.equal(out.split('Passphrase or PIN').length, 2);
    }
});

test('--out is none of the files that are read', () => {
    p.policy(POLICY);
    for (const file of ['packsec.policy.json', './ec.key', 'ec.pem', 'root.pem']) {
        const before = p.read(file);
        const done = p.run(['policy', 'sign', '--key', 'ec.key', '--cert', 'ec.pem', '--trust', 'root.pem', '--out', file]);
        assert.equal(done.status, 125, file);
        assert.match(done.err, /is what is read/);
        assert.equal(p.read(file), before);
    }
});

test('files that are not what they should be', () => {
    p.policy(POLICY);
    p.write('empty', '');
    const by = (key, cert) => p.run(['policy', 'sign', '--key', key, '--cert', cert]);
    refused(by('ec.pem', 'ec.pem'), /holds no private key/);
    refused(by('empty', 'ec.pem'), /holds no private key/);
    refused(by('nowhere', 'ec.pem'), /cannot read the key .*nowhere/);
    refused(by('.', 'ec.pem'), /is no file of a key/);
    refused(by('ec.key', 'ec.key'), /certificate is not in PEM form/);
    refused(by('ec.key', 'empty'), /certificate is not in PEM form/);
    refused(by('ec.key', 'nowhere'), /there is no certificate/);
});

test('--out, another policy, --json', () => {
    p.policy(POLICY);
    mkdirSync(p.path('sub'), { recursive: true });
    p.write('other.json', '{"version":1}');
    const done = sign('ec', '--json', '--out', 'sub/x.sig', 'other.json');
    const told = JSON.parse(done.out);
    assert.equal(told.policy, p.path('other.json'));
    assert.equal(told.signature, p.path('sub/x.sig'));
    assert.equal(told.signer, 'CN=ec');
    assert.equal(told.digest, 'sha256');
    assert.ok(Date.parse(told.until) > Date.now());
    assert.ok(p.opensslVerifies('root', 'sub/x.sig', 'other.json'));
    assert.equal(statSync(p.path('sub/x.sig')).mode & 0o777, 0o644);
});

test('--print-commands: openssl as it says makes what verifies, and no key is touched', () => {
    p.policy(POLICY);
    p.write('a b\'c.key', p.read('ec.key'));
    const done = p.run(['policy', 'sign', '--print-commands', '--key', 'a b\'c.key', '--cert', 'ec.pem', '--out', 'by hand.p7s']);
    assert.equal(done.status, 0);
    const [first, second] = done.out.split('\n');
    assert.match(second, /^signtool sign \/fd sha256 .* \/p7ce DetachedSignedData "packsec\.policy\.json"$/);
    assert.ok(!p.has('by hand.p7s'));
    execFileSync('sh', ['-c', first], { cwd: p.dir, stdio: 'pipe' });
    assert.ok(p.opensslVerifies('root', 'by hand.p7s'));
    assert.equal(p.run(['policy', 'sign', '--print-commands', '--key', 'nowhere.key', '--cert', 'nowhere.pem']).status, 0);
});

test('the name on the command line that is not npsx is not trusted with anything', () => {
    const part = npsx.replace(/npsx$/, 'npsx-sign');
    const done = spawnSync(part, ['--help'], { encoding: 'utf8', input: '' });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /^npsx-sign is a part of npsx/);
});

// ---- a token ----------------------------------------------------------------------------------------------

const module = MODULE.find((m) => existsSync(m));
test('a token: RSA and EC keys that never leave it', async (t) => {
    assert.ok(module, 'softhsm2 is missing: tools/setup installs it');
    p.policy(POLICY);
    mkdirSync(p.path('tokens'));
    p.write('softhsm.conf', `directories.tokendir = ${p.path('tokens')}\nlog.level = ERROR\n`);
    p.env.SOFTHSM2_CONF = p.path('softhsm.conf');
    const hsm = (...args) => execFileSync('softhsm2-util', args, { cwd: p.dir, env: p.env, stdio: 'pipe' });
    hsm('--init-token', '--free', '--label', 'policies', '--pin', '1234', '--so-pin', '5678');
    for (const [id, key] of [['01', 'rsa'], ['02', 'ec']]) {
        openssl(p, 'pkcs8', '-topk8', '-nocrypt', '-in', `${key}.key`, '-out', `${key}.p8`);
        hsm('--import', `${key}.p8`, '--token', 'policies', '--label', key, '--id', id, '--pin', '1234');
    }
    p.write('pin', '1234\n');
    p.write('wrong-pin', '4321\n');
    const by = (key, ...more) => p.run(['policy', 'sign', '--key', `pkcs11:token=policies;object=${key}`, '--cert', `${key}.pem`, ...more]);
    const usual = ['--pkcs11-module', module, '--passphrase-file', 'pin'];
    for (const key of ['rsa', 'ec']) {
        await t.test(`${key} verifies`, () => {
            p.write('packsec.policy.json.p7s', 'old');
            const done = by(key, ...usual);
            assert.equal(done.status, 0, done.err);
            assert.equal(done.err, '');
            assert.ok(p.opensslVerifies('root'));
        });
    }
    await t.test('the library of the environment', () => {
        const done = p.run(['policy', 'sign', '--key', 'pkcs11:token=policies;object=ec', '--cert', 'ec.pem', '--passphrase-file', 'pin'],
            { env: { PKCS11_MODULE_PATH: module } });
        assert.equal(done.status, 0, done.err);
    });
    await t.test('a wrong PIN', () => refused(by('ec', '--pkcs11-module', module, '--passphrase-file', 'wrong-pin'), /cannot be used: Login failed/));
    await t.test('no PIN and no terminal', () => refused(by('ec', '--pkcs11-module', module), /wants a PIN, and there is no terminal/));
    await t.test('no such key', () => {
        const done = p.run(['policy', 'sign', '--key', 'pkcs11:token=policies;object=none', '--cert', 'ec.pem', ...usual]);
        refused(done, /object=none cannot be used: .*not found/);
    });
    await t.test('no such library', () => refused(by('ec', '--pkcs11-module', '/nowhere.so', '--passphrase-file', 'pin'), /nowhere\.so/));
    await t.test('a key of another certificate', () => {
        const done = p.run(['policy', 'sign', '--key', 'pkcs11:token=policies;object=rsa', '--cert', 'ec.pem', ...usual]);
        refused(done, /not the one that the certificate is for/);
    });
    await t.test('a PIN in the URI is refused: everybody would see it', () => {
        const done = p.run(['policy', 'sign', '--key', 'pkcs11:token=policies;object=ec;pin-value=1234', '--cert', 'ec.pem', ...usual]);
        refused(done, /PIN on the command line/, 125);
        assert.doesNotMatch(done.err, /1234/);
    });
});
