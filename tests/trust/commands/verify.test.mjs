// npsx policy verify, and what is signed in real runs of npsx: other keys, older policies, certificates that were taken back.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place, RSA, openssl, npsx } from './place.mjs';

const APP = { clock: true, stdio: ['stdout'] };
let p;
before(() => {
    p = new Place();
    p.write('app.js', 'console.log("ran")');
    p.root('old');
    p.root('new', RSA);
    p.issue('old-signer', 'old');
    p.issue('new-signer', 'new', { key: RSA });
});
after(() => p.end());

const policy = (serial) => p.policy({ version: 1, ...(serial !== undefined && { serial }), app: APP });
function sign(key, ...more) {
    const done = p.run(['policy', 'sign', '--key', `${key}.key`, '--cert', `${key}.pem`, ...more]);
    assert.equal(done.status, 0, done.err);
    return done;
}
const verify = (...args) => p.run(['policy', 'verify', ...args]);
const forget = () => rmSync(p.path('.local'), { recursive: true, force: true });
function refused(done, pattern) {
    assert.match(done.err, pattern);
    assert.equal(done.err.trim().split('\n').length, 1, done.err);
    assert.equal(done.status, 126);
    assert.equal(done.out, '');
}
function ran(done) {
    assert.equal(done.err, '');
    assert.equal(done.out, 'ran\n');
    assert.equal(done.status, 0);
}

// ---- verify -----------------------------------------------------------------------------------------------

test('good: who, vouched for by whom, until when, which serial', () => {
    forget();
    policy(7);
    sign('old-signer', '--digest', 'sha384');
    const done = verify('--trust', 'old.pem');
    assert.equal(done.status, 0, done.err);
    assert.match(done.out, /^good: .*packsec\.policy\.json\n +signer +CN=old-signer\n +issuer +CN=old\n +anchor +CN=old\n/);
    assert.match(done.out, /digest +sha384\n/);
    assert.match(done.out, /serial +7\n/);
    assert.match(done.out, /demanded +no\n/);
    const fingerprint = openssl(p, 'x509', '-in', 'old-signer.pem', '-noout', '-fingerprint', '-sha256').split('=')[1].trim().replaceAll(':', '').toLowerCase();
    assert.match(done.out, new RegExp(`certificate +sha256 ${fingerprint}\n`));
});

test('--json, good and bad', () => {
    forget();
    policy(7);
    sign('old-signer');
    const good = JSON.parse(verify('--json', '--trust', 'old.pem').out);
    assert.deepEqual([good.valid, good.signer, good.anchor, good.serial, good.demanded], [true, 'CN=old-signer', 'CN=old', 7, false]);
    assert.ok(Date.parse(good.until) > Date.now() && Date.parse(good.from) <= Date.now());
    const done = verify('--json', '--trust', 'new.pem');
    const bad = JSON.parse(done.out);
    assert.equal(done.status, 126);
    assert.equal(done.err, '');
    assert.deepEqual([bad.valid, bad.error, bad.signer], [false, 'ANCHOR', undefined]);
    assert.ok(bad.message);
});

test('show tells what the signature is worth', () => {
    policy(7);
    rmSync(p.path('packsec.policy.json.p7s'), { force: true });
    const show = () => /signature +(.*)/.exec(p.run(['policy', 'show']).out)[1];
    assert.equal(show(), 'none');
    sign('old-signer');
    assert.equal(show(), 'not verified: no trust anchors are known here');
    etc({ 'trust.d/old.pem': p.read('old.pem') });
    assert.match(onSystem(['policy', 'show']).out, /signature +good, by CN=old-signer\n/);
    policy(8);
    assert.match(onSystem(['policy', 'show']).out, /signature +bad: the signature is for another content/);
    assert.match(JSON.parse(onSystem(['policy', 'show', '--json']).out).signatureState, /^bad: /);
});

test('pins: a list that is not the one of the policy is not signed, and diff tells of another one', () => {
    forget();
    policy(1);
    copyFileSync(p.path('packsec.policy.json'), p.path('before.json'));
    const pin = p.run(['policy', 'pin']);
    assert.equal(pin.status, 0, pin.err);
    sign('old-signer');
    ran(p.run(['--trust', 'old.pem', 'app.js']));
    assert.match(p.run(['policy', 'show']).out, /pins +\.\/packsec\.pins\n/);
    assert.match(p.run(['policy', 'diff', 'before.json']).out, /- pins +sha.*code is pinned to this list/);
    const back = p.run(['policy', 'diff', 'packsec.policy.json', 'before.json']);
    assert.match(back.out, /\+ pins +none +\(code is no longer pinned\)/);
    assert.equal(back.status, 1);
    const before = p.read('packsec.policy.json.p7s');
    p.write('packsec.pins', p.read('packsec.pins').replace(/.\s*$/, ''));
    const done = p.run(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem']);
    assert.equal(done.status, 126);
    assert.match(done.err, /packsec\.pins/);
    assert.equal(p.read('packsec.policy.json.p7s'), before);
    rmSync(p.path('packsec.pins'));
});

test('verify remembers nothing', () => {
    forget();
    policy(7);
    sign('old-signer');
    assert.equal(verify('--trust', 'old.pem').status, 0);
    assert.ok(!p.has('.local/state/packsec/serials'));
});

test('bad: other bytes, no signature, no such policy, another policy\'s signature, a broken policy', () => {
    forget();
    policy(7);
    sign('old-signer');
    copyFileSync(p.path('packsec.policy.json.p7s'), p.path('seven.p7s'));
    policy(8);
    refused(verify('--trust', 'old.pem'), /another content/);
    refused(verify('--trust', 'old.pem', '--policy-signature', 'seven.p7s'), /seven\.p7s/);
    rmSync(p.path('packsec.policy.json.p7s'));
    refused(verify('--trust', 'old.pem'), /there is no signature .*packsec\.policy\.json\.p7s/);
    refused(verify('--trust', 'old.pem', 'nowhere.json'), /there is no policy .*nowhere\.json/);
    refused(verify('--trust', 'nowhere.pem', '--policy-signature', 'seven.p7s'), /there is no trust anchor .*nowhere\.pem/);
    // Signed by hand, which nobody keeps from signing nonsense.
    p.policy('{"version":1,"app":{"clok":true}}');
    openssl(p, 'cms', '-sign', '-binary', '-nosmimecap', '-outform', 'DER', '-md', 'sha256', '-in', 'packsec.policy.json', '-inkey', 'old-signer.key',
        '-signer', 'old-signer.pem', '-out', 'packsec.policy.json.p7s');
    refused(verify('--trust', 'old.pem'), /unknown capability "clok"/);
});

test('sign verifies its own result where anchors are known, and writes nothing that does not verify', () => {
    policy(7);
    assert.match(sign('old-signer', '--trust', 'old.pem').out, /anchor +CN=old: the signature verifies/);
    assert.match(sign('old-signer').out, /anchor +unknown here/);
    const before = p.read('packsec.policy.json.p7s');
    const done = p.run(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem', '--trust', 'new.pem', '--serial', 'next']);
    assert.equal(done.status, 126);
    assert.equal(p.read('packsec.policy.json.p7s'), before);
    assert.equal(JSON.parse(p.read('packsec.policy.json')).serial, 7);
});

test('what --print-commands shows is accepted by npsx as well', () => {
    forget();
    policy(7);
    const done = p.run(['policy', 'sign', '--print-commands', '--key', 'new-signer.key', '--cert', 'new-signer.pem']);
    assert.equal(spawnSync('sh', ['-c', done.out.split('\n')[0]], { cwd: p.dir }).status, 0);
    ran(p.run(['--trust', 'new.pem', 'app.js']));
});

test('a manifest of Node\'s is signed as it stands, and has no serial to set', () => {
    forget();
    const manifest = '{"onerror":"throw","resources":{"./app.js":{"integrity":true,"dependencies":true},"./package.json":{"integrity":true}}}';
    p.policy(manifest);
    sign('old-signer');
    assert.equal(p.read('packsec.policy.json'), manifest);
    ran(p.run(['--trust', 'old.pem', 'app.js']));
    const done = p.run(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem', '--serial', 'next']);
    assert.equal(done.status, 126);
    assert.equal(p.read('packsec.policy.json'), manifest);
});

test('one policy at a time, and a file of anchors that is not there', () => {
    const both = verify('--policy', 'nowhere.json', 'packsec.policy.json');
    assert.equal(both.status, 125);
    assert.match(both.err, /takes one file/);
    policy(7);
    refused(p.run(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem', '--trust', 'nowhere.pem']), /there is no trust anchor .*nowhere\.pem/);
    sign('old-signer');
    refused(verify('--trust', 'package.json'), /--trust holds no certificate in PEM/);
});

test('--print-commands --json is JSON, and no command line is for a file of another name', () => {
    policy(7);
    const args = ['policy', 'sign', '--print-commands', '--key', 'k', '--cert', 'c'];
    assert.match(JSON.parse(p.run([...args, '--json']).out).openssl, /^openssl cms -sign .*packsec\.policy\.json\.p7s$/);
    copyFileSync(p.path('packsec.policy.json'), p.path('two\nlines.json'));
    refused(p.run([...args, 'two\nlines.json']), /control character/);
});

// ---- runs -------------------------------------------------------------------------------------------------

test('npsx runs under what was signed, and not under what was changed', () => {
    forget();
    policy(1);
    for (const key of ['old-signer', 'new-signer']) {
        sign(key);
        ran(p.run(['--trust', `${key.slice(0, 3)}.pem`, 'app.js']));
    }
    policy(2);
    refused(p.run(['--trust', 'new.pem', 'app.js']), /another content/);
});

test('rotation: both anchors, sign with the new key, take the old anchor away', () => {
    forget();
    p.write('both.pem', p.read('old.pem') + p.read('new.pem'));
    policy(1);
    sign('old-signer');
    ran(p.run(['--trust', 'old.pem', 'app.js']));
    ran(p.run(['--trust', 'both.pem', 'app.js']));
    copyFileSync(p.path('packsec.policy.json'), p.path('first.json'));
    copyFileSync(p.path('packsec.policy.json.p7s'), p.path('first.p7s'));
    sign('new-signer', '--serial', 'next');
    refused(p.run(['--trust', 'old.pem', 'app.js']), /./);
    ran(p.run(['--trust', 'both.pem', 'app.js']));
    ran(p.run(['--trust', 'new.pem', 'app.js']));
    // The old one is refused twice over: nobody vouches for it, and while somebody does, it is an older one.
    copyFileSync(p.path('first.json'), p.path('packsec.policy.json'));
    copyFileSync(p.path('first.p7s'), p.path('packsec.policy.json.p7s'));
    refused(p.run(['--trust', 'new.pem', 'app.js']), /./);
    refused(p.run(['--trust', 'both.pem', 'app.js']), /serial 1, and 2 was accepted before/);
});

test('rollback: a lower serial is refused by the run, and verify says why', () => {
    forget();
    policy(4);
    sign('old-signer');
    ran(p.run(['--trust', 'old.pem', 'app.js']));
    assert.match(verify('--trust', 'old.pem').out, /last serial +4, accepted here/);
    policy(3);
    sign('old-signer');
    refused(p.run(['--trust', 'old.pem', 'app.js']), /serial 3, and 4 was accepted before/);
    refused(verify('--trust', 'old.pem'), /verifies, but the policy has serial 3, and 4 was accepted before/);
    policy();
    sign('old-signer');
    refused(verify('--trust', 'old.pem'), /no serial, and 4 was accepted before/);
    sign('old-signer', '--serial', '5');
    ran(p.run(['--trust', 'old.pem', 'app.js']));
});

// ---- the system's own -------------------------------------------------------------------------------------

// A machine whose /etc/packsec is p/etc.
function onSystem(args) {
    const done = spawnSync(join(import.meta.dirname, 'in-system'), [p.path('etc'), npsx, ...args], { cwd: p.dir, env: p.env, encoding: 'utf8', timeout: 60000 });
    return { status: done.status, out: done.stdout, err: done.stderr };
}
function etc(files) {
    rmSync(p.path('etc'), { recursive: true, force: true });
    mkdirSync(p.path('etc/trust.d'), { recursive: true });
    for (const [name, text] of Object.entries(files)) p.write(`etc/${name}`, text);
}
function revoke(by, ...names) {
    p.write('ca.cnf', `[ca]\ndefault_ca=x\n[x]\ndatabase=${p.path('index')}\ncrlnumber=${p.path('number')}\ndefault_md=sha256\ndefault_crl_days=30\n`);
    p.write('index', '');
    p.write('number', '01\n');
    const by_ = ['-config', 'ca.cnf', '-cert', `${by}.pem`, '-keyfile', `${by}.key`];
    for (const name of names) openssl(p, 'ca', ...by_, '-revoke', `${name}.pem`);
    openssl(p, 'ca', ...by_, '-gencrl', '-out', 'list.crl');
    return p.read('list.crl');
}

test('anchors of the system: verify and sign know them without --trust', () => {
    forget();
    policy(1);
    etc({ 'trust.d/old.pem': p.read('old.pem') });
    sign('old-signer');
    const done = onSystem(['policy', 'verify']);
    assert.equal(done.status, 0, done.err);
    assert.match(done.out, /anchor +CN=old/);
    const signed = onSystem(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem']);
    assert.match(signed.out, /the signature verifies/, signed.err);
    refused(onSystem(['policy', 'sign', '--key', 'new-signer.key', '--cert', 'new-signer.pem']), /./);
});

test('a certificate that was taken back: refused from then on, by runs, verify and sign', () => {
    forget();
    policy(1);
    p.issue('second', 'old');
    sign('old-signer');
    etc({ 'trust.d/old.pem': p.read('old.pem'), 'trust.d/old.crl': revoke('old') });
    ran(onSystem(['app.js']));
    etc({ 'trust.d/old.pem': p.read('old.pem'), 'trust.d/old.crl': revoke('old', 'old-signer') });
    refused(onSystem(['app.js']), /revoked/);
    refused(onSystem(['policy', 'verify']), /revoked/);
    refused(onSystem(['policy', 'sign', '--key', 'old-signer.key', '--cert', 'old-signer.pem']), /revoked/);
    sign('second');
    ran(onSystem(['app.js']));
});

test('verify does not call good what the system forbids, and what no run would take', () => {
    forget();
    p.policy({ version: 1, app: { ambient: true } });
    sign('old-signer');
    for (const [rule, policy] of [['forbidAmbient', { app: { ambient: true } }], ['forbidAmbient', { onerror: 'log' }], ['forbidBuiltins', { app: { builtins: ['node:vm'] } }]]) {
        p.policy({ version: 1, ...policy });
        sign('old-signer');
        etc({ 'trust.d/old.pem': p.read('old.pem'), 'system.json': JSON.stringify({ [rule]: true }) });
        refused(onSystem(['app.js']), /ERR_MANIFEST_SYSTEM_CI_VIOLATION.* forbids /);
        refused(onSystem(['policy', 'verify']), /ERR_MANIFEST_SYSTEM_CI_VIOLATION.* forbids /);
        etc({ 'trust.d/old.pem': p.read('old.pem'), 'system.json': '{}' });
        assert.equal(onSystem(['policy', 'verify']).status, 0);
    }
});
test('a system that demands a signature: verify says who, and takes no anchors from elsewhere', () => {
    forget();
    policy(6);
    sign('old-signer');
    etc({ 'trust.d/old.pem': p.read('old.pem'), 'system.json': JSON.stringify({ enforceCodeIntegrity: true, minimumSerials: { '*': 5 } }) });
    const done = onSystem(['policy', 'verify']);
    assert.equal(done.status, 0, done.err);
    assert.match(done.out, /demanded +by \/etc\/packsec\/system\.json/);
    assert.match(done.out, /least serial 5/);
    ran(onSystem(['app.js']));
    refused(onSystem(['policy', 'verify', '--trust', 'new.pem']), /ERR_MANIFEST_SYSTEM_CI_VIOLATION/);
    policy(4);
    sign('old-signer');
    forget();
    refused(onSystem(['policy', 'verify']), /serial 4, and 5 is the least/);
    refused(onSystem(['app.js']), /ERR_MANIFEST_SYSTEM_CI_VIOLATION.*serial 4/);
    rmSync(p.path('packsec.policy.json.p7s'));
    refused(onSystem(['policy', 'verify']), /there is no signature/);
});
