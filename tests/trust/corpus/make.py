"""Writes a folder for each case: policy.json, sig.p7s, anchors.pem, perhaps crl.pem, and expect: accept, refuse or either, and why. make.py FOLDER"""
import random
import sys
from der import *
OUT = sys.argv[1]
POL = b'{\n  "version": 1,\n  "serial": 7,\n  "app": { "env": ["PORT"], "stdio": ["stdout", "stderr"] }\n}\n'
seen = set()


def case(nm, expect, reason, sig, pol=POL, anchors=None, crls=None):
    assert nm not in seen, nm
    seen.add(nm)
    d = f'{OUT}/{nm}'
    os.makedirs(d)
    an = anchors if anchors is not None else [R]
    an = an if isinstance(an, bytes) else b''.join((c.pem() for c in an))
    for f, b in (('policy.json', pol), ('sig.p7s', sig), ('anchors.pem', an), ('crl.pem', b''.join((pem('X509 CRL', c) for c in crls)) if isinstance(crls, list) else crls)):
        if b is not None:
            open(f'{d}/{f}', 'wb').write(b)
    open(d + '/expect', 'w').write(f'{expect} {reason}\n')


good = lambda nm, sig, why='', **k: case('good-' + nm, 'accept', why or 'proper', sig, **k)
bad = lambda nm, sig, why, **k: case('bad-' + nm, 'refuse', why, sig, **k)
may = lambda nm, sig, why, **k: case('may-' + nm, 'either', why, sig, **k)


def file(b, suffix=''):
    f = tempfile.NamedTemporaryFile(delete=False, dir=K, suffix=suffix)
    f.write(b)
    f.close()
    return f.name


kr, ki, kl = (key('root', arg='3072'), key('inter', arg='2048'), key('leaf', arg='2048'))
R = cert('Example Root', kr, exts=ca_exts(kr, kr))
I = cert('Example Issuing', ki, R, exts=ca_exts(ki, kr, 0))
L = cert('Example Policies', kl, R, exts=leaf_exts(kl, kr))
L2 = cert('Example Policies 2', kl, I, exts=leaf_exts(kl, ki))
SI = lambda **k: signer_info(k.pop('pol', POL), k.pop('c', L), **k)


def S(pol=POL, c=None, certs=None, sdk=None, **k):
    c = c or L
    sdk = dict(sdk or {})
    if 'md' in k:
        sdk.setdefault('md', k['md'])
    return sd([signer_info(pol, c, **k)], certs if certs is not None else [c], **sdk)


# ---- proper ones, by the tools -------------------------------------------------------------------------------------------


def tool(cmd, c, *a, extra=(), pol=POL, pemkey=None):
    p, s, x = (file(pol), file(c.pem()), file(b''.join((e.pem() for e in extra))))
    r = run('openssl', cmd, '-sign', '-binary', '-in', p, '-signer', s, '-inkey', pemkey or c.key.pem, '-outform', 'DER', *(['-certfile', x] if extra else []), *a)
    for f in (p, s, x):
        os.unlink(f)
    return r


base = tool('smime', L)
good('smime', base, 'the command of the pull request')
good('smime-intermediate', tool('smime', L2, extra=[I]))
good('smime-chain-with-root', tool('smime', L2, extra=[I, R]))
good('cms', tool('cms', L))
good('cms-intermediate', tool('cms', L2, extra=[I]))
good('cms-keyid', tool('cms', L, '-keyid'))
good('cms-nosmimecap', tool('cms', L, '-nosmimecap'))
good('cms-cades', tool('cms', L, '-cades'))
good('smime-intermediate-anchored-too', tool('smime', L2), anchors=[R, I])
for m in ('sha256', 'sha384', 'sha512'):
    good('smime-' + m, tool('smime', L, '-md', m))
    good('cms-' + m, tool('cms', L, '-md', m))
    good('cms-keyid-' + m, tool('cms', L, '-keyid', '-md', m))
    good('cms-pss-' + m, tool('cms', L, '-md', m, '-keyopt', 'rsa_padding_mode:pss'))
k3 = key('leaf3072', arg='3072')
k4 = key('leaf4096', arg='4096')
for k in (k3, k4):
    c = cert('Big', k, R, exts=leaf_exts(k, kr))
    good('smime-rsa' + k.arg, tool('smime', c))
    good('cms-rsa' + k.arg, tool('cms', c, '-md', 'sha384'))
for cv in ('P-256', 'P-384', 'P-521'):
    k = key('ec' + cv, 'ec', cv)
    ka = key('ecroot' + cv, 'ec', cv)
    RA = cert('EC Root ' + cv, ka, exts=ca_exts(ka, ka), md='sha512')
    c = cert('EC ' + cv, k, RA, exts=leaf_exts(k, ka), md={'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512'}[cv])
    c2 = cert('EC under RSA ' + cv, k, R, exts=leaf_exts(k, kr))
    for m in ('sha256', 'sha384', 'sha512'):
        good(f'cms-{cv}-{m}', tool('cms', c, '-md', m), anchors=[RA])
        good(f'smime-{cv}-{m}', tool('smime', c2, '-md', m))
kp = key('pssleaf', 'rsapss', '2048')
c = cert('PSS only key', kp, R, exts=leaf_exts(kp, kr))
may('cms-pss-key', tool('cms', c), 'openssl 3.0 does not verify what it made')
c = cert('PSS signed cert', kl, R, exts=leaf_exts(kl, kr), pad='pss')
good('pss-signed-cert', tool('cms', c))
good('crlf-policy', tool('smime', L, pol=POL.replace(b'\n', b'\r\n')), pol=POL.replace(b'\n', b'\r\n'))
# bare SignedData, as signtool /p7ce DetachedSignedData; attributes as signtool writes them
ms_opus = attr('1.3.6.1.4.1.311.2.1.12', seq())
ms_stmt = attr('1.3.6.1.4.1.311.2.1.11', seq(oid('1.3.6.1.4.1.311.2.1.21')))
good('bare', S(sdk=dict(wrap=False)), 'bare SignedData')
good('bare-intermediate', S(c=L2, certs=[L2, I], sdk=dict(wrap=False)))
good('bare-smime', body(kids(base)[1]), 'openssl signature unwrapped')
for m in ('sha256', 'sha384', 'sha512'):
    good('bare-signtool-' + m, S(c=L2, certs=[L2, I], md=m, attrs=[a_ct(), a_md(H(m, POL)), ms_opus, ms_stmt], sdk=dict(wrap=False)), 'signtool shape')
good('signtool-salg-sha256rsa', S(salg=seq(oid(RSASIG['sha256']), null())), 'RFC 5754: sha256WithRSAEncryption allowed')
good('attrs-minimal', S(attrs=[a_ct(), a_md(H('sha256', POL))]))
good('ect-signeddata', S(ct=SIGNED, sdk=dict(ect=SIGNED, version=3)), 'the documented signtool recipe: id-signedData inside')
may('ect-signeddata-v1', S(ct=SIGNED, sdk=dict(ect=SIGNED, version=1)), 'signtool writes version 1 whatever the content type')
may('ect-signeddata-bare-v1', S(ct=SIGNED, sdk=dict(ect=SIGNED, version=1, wrap=False)), 'as above, bare')
good('digest-without-null', S(dalg=seq(oid(HASH['sha256'])), sdk=dict(dalgs=set_(seq(oid(HASH['sha256']))))), 'RFC 5754: absent parameters preferred')
kj = key('junk')
J = cert('Junk', kj, exts=ca_exts(kj, kj))
J2 = cert('Junk leaf', kj, exts=leaf_exts(kj, kj))
may('junk-certs', S(certs=[L, J, J2]), 'unrelated certificates in the bag')
good('eku-more', S(c=(c := cert('More', kl, R, exts=leaf_exts(kl, kr, eku=('code', 'ms', 'client'))))), 'codeSigning among others')
good('eku-critical', S(c=cert('Crit', kl, R, exts=[e_ku(0), e_eku('code', crit=True), e_ski(kl), e_aki(kr)])))
good('ku-nr', S(c=cert('KU', kl, R, exts=leaf_exts(kl, kr, ku=(0, 1)))))
good('bc-false', S(c=cert('BC', kl, R, exts=leaf_exts(kl, kr, bc=e_bc(False)))))
good('serial-20', S(c=cert('Serial', kl, R, serial=int.from_bytes(b'\x7f' * 20, 'big'), exts=leaf_exts(kl, kr))))
good('serial-sid-20-keyid', S(c=cert('Serial', kl, R, serial=int.from_bytes(b'~' * 20, 'big'), exts=leaf_exts(kl, kr)), sid='ski'))
good('generalized-time', S(c=cert('GT', kl, R, na='20551231000000Z', exts=leaf_exts(kl, kr))))
good('no-well-defined-end', S(c=cert('GT', kl, R, na='99991231235959Z', exts=leaf_exts(kl, kr))), 'RFC 5280 4.1.2.5')
k5 = key('inter2')
I5 = cert('Deeper', k5, (I0 := cert('Unbounded', ki, R, exts=ca_exts(ki, kr))), exts=ca_exts(k5, ki, 0))
L5 = cert('Deep leaf', kl, I5, exts=leaf_exts(kl, k5))
good('four-levels', S(c=L5, certs=[L5, I5, I0]))
good('two-anchors', base, anchors=[J, R])
good('anchors-order', base, anchors=[R, J])
good('anchor-twice', base, anchors=[R, R])
good('anchors-with-text', base, anchors=b'# our root\n' + R.pem() + b'\n')
may('anchors-crlf', base, 'PEM with CR LF', anchors=R.pem().replace(b'\n', b'\r\n'))
kr2 = key('rootnext', arg='3072')
Rn = cert('Example Root', kr2, exts=ca_exts(kr2, kr2))
good('rotation-same-name', base, 'old and new anchor of one name, old first', anchors=[R, Rn])
good('rotation-same-name-2', base, 'new first', anchors=[Rn, R])
Ln = cert('Example Policies', kl, Rn, exts=leaf_exts(kl, kr2))
good('rotation-new', S(c=Ln), anchors=[R, Rn])
good('crl-other-serial', base, 'someone else is revoked', crls=[crl(R, [int_(99)])])
good('crl-empty', base, crls=[crl(R)])
good('crl-both', S(c=L2, certs=[L2, I]), crls=[crl(R), crl(I)])
may('crl-leaf-issuer-only', S(c=L2, certs=[L2, I]), 'no list of the root', crls=[crl(I)])
may('crl-root-only', S(c=L2, certs=[L2, I]), 'no list of the issuer of the signer', crls=[crl(R)])
good('policy-empty-object', tool('smime', L, pol=b'{}'), pol=b'{}')
good('policy-1mb', tool('smime', L, pol=b'{"a":"' + b'x' * 1000000 + b'"}'), pol=b'{"a":"' + b'x' * 1000000 + b'"}')
may('policy-zero', tool('smime', L, pol=b''), 'empty content', pol=b'')
good('unused-other-sig-attr', S(attrs=[a_ct(), a_md(H('sha256', POL)), a_st(), attr('1.2.3.4.5', utf8('x'))]), 'an unknown signed attribute is only information')


# ---- container -----------------------------------------------------------------------------------------------------------

bad('empty', b'', 'zero bytes')
bad('one-byte', b'0', 'cut')
bad('pem', pem('PKCS7', base), 'PEM, not DER')
bad('pem-cms', pem('CMS', base), 'PEM')
bad('base64', base64.b64encode(base), 'base64')
bad('smime-text', run('openssl', 'smime', '-sign', '-binary', '-in', file(POL), '-signer', file(L.pem()), '-inkey', kl.pem), 'S/MIME')
bad('der-plus-1', base + b'\x00', 'trailing byte')
bad('der-plus-nl', base + b'\n', 'trailing newline')
bad('der-twice', base + base, 'two of them')
bad('prefix', b'\x00' + base, 'leading byte')
bad('bom', b'\xef\xbb\xbf' + base, 'byte order mark')
bad('trailing-eoc', base + b'\x00\x00', 'trailing EOC')
b0 = S()


def rebuild(long_at):
    c = [0]

    def go(b):
        t, i, e = read(b)
        me = c[0]
        c[0] += 1
        ct = b''.join((go(x) for x in kids(b))) if t & 32 else b[i:e]
        return tlv(t, ct, long=4 if me == long_at else 0)
    return (go(b0), c[0])


n = rebuild(-1)[1]
assert rebuild(-1)[0] == b0
for i in range(n):
    bad(f'ber-length-{i:03}', rebuild(i)[0], f'length of node {i} not minimal')


def indef(at):
    c = [0]

    def go(b):
        t, i, e = read(b)
        if not t & 32:
            return b
        me = c[0]
        c[0] += 1
        ct = b''.join((go(x) for x in kids(b)))
        return bytes([t, 128]) + ct + b'\x00\x00' if me == at or at is None else tlv(t, ct)
    return (go(b0), c[0])


for i in range(indef(-1)[1]):
    bad(f'ber-indefinite-{i:02}', indef(i)[0], 'indefinite length')
bad('ber-indefinite-all', indef(None)[0], 'indefinite lengths')
bad('ber-stream', tool('cms', L, '-stream'), 'openssl -stream writes BER')
good('der-smime-stream', tool('smime', L, '-stream'), 'openssl -stream writes BER')
for nm, t in (('8-octets', b'0\x88' + len(body(b0)).to_bytes(8, 'big')), ('5-octets', b'0\x85' + len(body(b0)).to_bytes(5, 'big')), ('127-octets',
    b'0\xff' + len(body(b0)).to_bytes(127, 'big'))):
    bad('length-' + nm, t + body(b0), 'length form')
bad('length-huge', b'0\x84\xff\xff\xff\xff' + body(b0), 'length beyond the end')
bad('length-overflow', b'0\x88' + b'\xff' * 8 + body(b0), '2^64-1')
bad('length-80000000', b'0\x84\x80\x00\x00\x00' + body(b0), '2^31')
bad('high-tag-form', b'?\x10' + b0[1:], 'high tag number form of SEQUENCE')
bad('tag-primitive', b'\x10' + b0[1:], 'SEQUENCE primitive')
bad('tag-set', b'1' + b0[1:], 'SET for SEQUENCE')
bad('constructed-octets', sd([(lambda si: seq(*kids(si)[:-1], tlv(36, kids(si)[-1])))(SI())], [L]), 'constructed OCTET STRING (BER)')
bad('constructed-octets-2', sd([(lambda si: seq(*kids(si)[:-1], tlv(36, oct_(body(kids(si)[-1])[:100]), oct_(body(kids(si)[-1])[100:]))))(SI())], [L]),
    'constructed OCTET STRING in two parts')
bad('constructed-md', S(attrs=[a_ct(), attr(MD, tlv(36, oct_(H('sha256', POL)))), a_st()]), 'constructed messageDigest')
for depth in (50, 200, 1000, 5000, 20000):
    x = b''
    for _ in range(depth):
        x = tlv(48, x)
    if len(x) < 65000:
        bad(f'nesting-{depth}', x, 'deep nesting')
    if len(x) < 60000:
        bad(f'nesting-attr-{depth}', S(unsigned=[attr('1.2.3.4', x)]) if depth > 200 else x + b'\x00', 'deep nesting in an unsigned attribute')
for o in (DATA, '1.2.840.113549.1.7.3', '1.2.840.113549.1.7.5', '1.2.840.113549.1.9.16.1.2', '1.2.840.113549.1.9.16.1.9', '1.2.840.113549.1.7.6'):
    bad('outer-' + o, S(sdk=dict(outer=o)), 'not signedData')
bad('outer-enveloped', tool('smime', L)[:0] + run('openssl', 'cms', '-encrypt', '-binary', '-aes128', '-outform', 'DER', '-in', file(POL), file(L.pem())), 'enveloped data')
bad('outer-digested', run('openssl', 'cms', '-digest_create', '-binary', '-outform', 'DER', '-in', file(POL)), 'digested data')
bad('outer-data', run('openssl', 'cms', '-data_create', '-binary', '-outform', 'DER', '-in', file(POL)), 'data')
bad('outer-nested', seq(oid(SIGNED), ctx(0, S())), 'ContentInfo in ContentInfo')
bad('outer-no-content', seq(oid(SIGNED)), 'no content')
bad('outer-null', seq(oid(SIGNED), ctx(0)), 'empty content')
bad('outer-two', seq(oid(SIGNED), ctx(0, S(sdk=dict(wrap=False)), S(sdk=dict(wrap=False)))), 'two contents')
bad('outer-extra', seq(oid(SIGNED), ctx(0, S(sdk=dict(wrap=False))), null()), 'extra member')
bad('outer-ctx1', seq(oid(SIGNED), ctx(1, S(sdk=dict(wrap=False)))), '[1]')
bad('outer-ctx0-implicit', seq(oid(SIGNED), tlv(160, body(S(sdk=dict(wrap=False))))), 'implicit')
bad('cert-only', sd([], [L]), 'degenerate: certificates only')
bad('cert-itself', L.der, 'a certificate')
bad('crl-itself', crl(R), 'a CRL')
bad('p12', run('openssl', 'pkcs12', '-export', '-inkey', kl.pem, '-in', file(L.pem()), '-passout', 'pass:'), 'PKCS#12')
bad('no-signer-econtent', sd([], [L], econtent=oct_(POL)), 'no signer')
for v in (0, 2, 3, 4, 5, 127, -1, 1 << 40):
    bad(f'sd-version-{v}', S(sdk=dict(version=v)), 'SignedData version')
for v in (0, 2, 3, 4, -1, 1 << 32 | 1):
    bad(f'si-version-{v}', S(version=v), 'SignerInfo version for issuerAndSerialNumber')
bad('si-version-ski-1', S(sid='ski', version=1, sdk=dict(version=3)), 'version 1 with a key identifier')
may('sd-version-ski-1', S(sid='ski', sdk=dict(version=1)), 'SignedData 1 with SignerInfo 3')
bad('version-nonminimal', S(sdk=dict(version=b'\x02\x02\x00\x01')), 'INTEGER not minimal')
bad('version-empty', S(sdk=dict(version=b'\x02\x00')), 'INTEGER empty')
bad('si-version-nonminimal', S(version=b'\x02\x02\x00\x01'), 'INTEGER not minimal')
bad('version-enumerated', S(sdk=dict(version=b'\n\x01\x01')), 'ENUMERATED')
bad('version-missing', S(sdk=dict(version=b'')), 'no version')
bad('extra-member', S(sdk=dict(extra=null())), 'extra member of SignedData')
bad('si-extra-member', S(extra=null()), 'extra member of SignerInfo')
bad('si-extra-a2', S(extra=ctx(2, null())), '[2] in SignerInfo')
# 64 KiB


def padto(n):
    lo = 1000
    x = S(unsigned=[attr('1.2.3.4', oct_(b'x' * 60000))])
    d = n - len(x)
    return S(unsigned=[attr('1.2.3.4', oct_(b'x' * (60000 + d)))])


def padsigned(n):
    k = n - 5000
    for _ in range(6):
        x = S(attrs=[a_ct(), a_md(H('sha256', POL)), attr('1.2.3.4', oct_(b'x' * k))])
        if len(x) == n:
            break
        k += n - len(x)
    return x


for n_ in (65536, 65537, 65535, 131072):
    x = padsigned(n_)
    assert len(x) == n_
    (may if n_ <= 65536 else bad)(f'size-{n_}', x, 'at the edge' if n_ <= 65536 else 'above 64 KiB')
bad('size-64k-zero', b'\x00' * 65536, 'zeros')
bad('size-1m', b'0' * (1 << 20), 'huge')
bad('size-trailing-64k', base + b'\x00' * (65536 - len(base)), 'filled with zeros up to 64 KiB')


# ---- content -------------------------------------------------------------------------------------------------------------

for nm, p in (('other', POL.replace(b'PORT', b'*')), ('crlf', POL.replace(b'\n', b'\r\n')), ('nl', POL + b'\n'), ('no-nl', POL[:-1]), ('nul', POL + b'\x00'), ('space', b' ' + POL),
    ('bom', b'\xef\xbb\xbf' + POL), ('empty', b''), ('utf16', POL.decode().encode('utf-16')), ('prefix', POL[:-10]), ('case', POL.upper())):
    bad('content-' + nm, base, 'signed something else', pol=p)
bad('not-binary', run('openssl', 'smime', '-sign', '-in', file(POL), '-signer', file(L.pem()), '-inkey', kl.pem, '-outform', 'DER'), 'without -binary: signs the CRLF twin')
bad('text', run('openssl', 'smime', '-sign', '-text', '-in', file(POL), '-signer', file(L.pem()), '-inkey', kl.pem, '-outform', 'DER'), '-text: signs a MIME header')
bad('embedded-openssl', tool('smime', L, '-nodetach'), 'content inside')
bad('embedded-cms', tool('cms', L, '-nodetach'), 'content inside')
bad('embedded-same', S(sdk=dict(econtent=oct_(POL))), 'the same content inside')
bad('embedded-empty', S(sdk=dict(econtent=oct_(b''))), 'an empty OCTET STRING inside')
bad('embedded-other', S(sdk=dict(econtent=oct_(b'{"x":1}'))), 'other content inside')
bad('embedded-evil', S(b'{}', sdk=dict(econtent=oct_(b'{}'))), 'signature over what is embedded, not the file')
bad('embedded-empty-signed', S(b'', sdk=dict(econtent=oct_(b''))), 'signature over nothing')
bad('signed-nothing', S(b''), 'signature over nothing, detached')
bad('embedded-null', S(sdk=dict(econtent=null())), 'NULL inside')
bad('embedded-ctx-empty', S(sdk=dict(econtent=b'')), '[0] with nothing in it')
bad('embedded-seq', S(sdk=dict(econtent=seq())), 'PKCS#7 ANY content')
bad('eci-extra', S(sdk=dict(eci=seq(oid(DATA), ctx(1, oct_(POL))))), '[1] in EncapsulatedContentInfo')
bad('eci-empty', S(sdk=dict(eci=seq())), 'no content type')
bad('eci-null', S(sdk=dict(eci=seq(oid(DATA), null()))), 'extra')
bad('econtent-utf8', S(sdk=dict(econtent=utf8(POL))), 'UTF8String inside')
for nm, o in (('tst', '1.2.840.113549.1.9.16.1.4'), ('spc', '1.3.6.1.4.1.311.2.1.4'), ('enveloped', '1.2.840.113549.1.7.3'), ('receipt', '1.2.840.113549.1.9.16.1.1'), ('ctl',
    '1.3.6.1.4.1.311.10.1'), ('fw', '1.2.840.113549.1.9.16.1.16'), ('compressed', '1.2.840.113549.1.9.16.1.9'), ('zero', '0.0')):
    bad('ect-' + nm, S(ct=o, sdk=dict(ect=o, version=3)), 'content type is not data')
    bad('ect-contradict-' + nm, S(sdk=dict(ect=o, version=3)), 'eContentType contradicts the attribute')
    bad('ect-contradict2-' + nm, S(ct=o), 'attribute contradicts eContentType')
bad('ect-contradict-signed', S(ct=SIGNED), 'attribute says signedData, eContentType says data')
bad('ect-contradict-data', S(sdk=dict(ect=SIGNED, version=3)), 'the other way')
bad('oid-nonminimal', S(sdk=dict(eci=seq(b'\x06\n*\x86H\x80\x86\xf7\r\x01\x07\x01'[:12]))), 'OID with a leading 0x80')


# ---- digests and algorithms ----------------------------------------------------------------------------------------------

for m in ('md5', 'sha1', 'sha224', 'sha3-256', 'sha3-512', 'sha512-256', 'ripemd160', 'md4', 'md2', 'sm3', 'shake256'):
    sm = m if m in RSASIG else 'sha256'
    bad('digest-' + m, S(md=m, sigv=lambda t, m=m: kl.sign(m, t)), 'digest not allowed')
    bad('digest-si-only-' + m, S(attrs=[a_ct(), a_md(H(m, POL))], dalg=seq(oid(HASH[m]), null())), 'digestAlgorithm of the signer not allowed')
    bad('digest-salg-' + m, S(salg=seq(oid(RSASIG.get(m, RSASIG['sha1'])), null()), sigv=lambda t, m=m: kl.sign(m, t)), 'weak signature algorithm beside a strong digest')
bad('digest-mix-1', S(md='sha256', salg=seq(oid(RSASIG['sha512']), null())), 'signatureAlgorithm names another digest')
bad('digest-mix-2', S(md='sha256', salg=seq(oid(RSASIG['sha512']), null()), signmd='sha512'), 'signed with another digest than digestAlgorithm says')
bad('digest-mix-3', S(dalg=seq(oid(HASH['sha512']), null())), 'digestAlgorithm is not that of messageDigest')
bad('digest-mix-4', S(signmd='sha512'), 'the DigestInfo inside names another digest')
bad('digest-mix-sha1-dinfo', S(sigv=lambda t: kl.sign('sha1', t)), 'DigestInfo SHA-1')
bad('dalgs-empty', S(sdk=dict(dalgs=set_())), 'digestAlgorithms is empty')
bad('dalgs-other', S(sdk=dict(md='sha512')), 'digestAlgorithms lacks the digest used')
may('dalgs-two', S(sdk=dict(md=['sha256', 'sha512'])), 'a digest nobody uses')
bad('dalgs-weak-too', S(sdk=dict(md=['sha256', 'md5'])), 'MD5 in digestAlgorithms')
bad('dalgs-twice', S(sdk=dict(md=['sha256', 'sha256'])), 'the same twice')
bad('dalgs-unsorted', S(sdk=dict(dalgs=set_(seq(oid(HASH['sha512']), null()), seq(oid(HASH['sha256']), null()), sort=False))), 'SET OF not in DER order')
bad('dalgs-garbage-params', S(sdk=dict(dalgs=set_(seq(oid(HASH['sha256']), oct_(b'x'))))), 'parameters of a digest')
bad('dalg-garbage-params', S(dalg=seq(oid(HASH['sha256']), oct_(b'x' * 50))), 'parameters of the signer digest')
bad('dalg-null-content', S(dalg=seq(oid(HASH['sha256']), b'\x05\x01\x00')), 'NULL with content')
bad('dalg-extra', S(dalg=seq(oid(HASH['sha256']), null(), null())), 'extra member')
bad('salg-garbage-params', S(salg=seq(oid(RSA), oct_(b'xxxx'))), 'parameters of rsaEncryption')
bad('salg-extra', S(salg=seq(oid(RSA), null(), null())), 'extra')
may('salg-rsa-noparams', S(salg=seq(oid(RSA))), 'RFC 3370: NULL required; some omit')
bad('salg-null', S(salg=null()), 'NULL for AlgorithmIdentifier')
bad('salg-digest', S(salg=seq(oid(HASH['sha256']), null())), 'a digest as signature algorithm')
bad('salg-ec', S(salg=seq(oid(ECSIG['sha256']))), 'ECDSA named, RSA made')
bad('salg-dsa', S(salg=seq(oid('1.2.840.10040.4.3'))), 'DSA named')
bad('salg-unknown', S(salg=seq(oid('1.2.3.4.5'))), 'unknown')
bad('salg-ed', S(salg=seq(oid('1.3.101.112'))), 'Ed25519 named')
bad('salg-hmac', S(salg=seq(oid('1.2.840.113549.2.9'), null())), 'HMAC')
bad('salg-nosign', S(salg=seq(oid('1.3.6.1.5.5.7.6.2')), sigv=lambda t: H('sha256', t)), 'id-alg-noSignature')
bad('salg-nosign-sha', S(salg=seq(oid(HASH['sha256'])), sigv=lambda t: H('sha256', t)), 'plain hash as signature')
bad('salg-rsaes-oaep', S(salg=seq(oid('1.2.840.113549.1.1.7'), seq())), 'OAEP')
bad('salg-x931', S(salg=seq(oid('1.2.840.113549.1.1.1.31'))), 'unknown')
# PSS games
P = lambda m='sha256', par=None, **k: S(salg=seq(oid(PSS), par if par is not None else pssparams(m)), pad='pss', md=m, **k)
good('pss-own', P())
bad('pss-no-params', S(salg=seq(oid(PSS)), pad='pss'), 'RSASSA-PSS without parameters')
bad('pss-default-sha1', S(salg=seq(oid(PSS), seq()), sigv=lambda t: kl.sign(0, t, lambda k, d: pss('sha1', H('sha1', d), 2047, 20))), 'defaults: SHA-1')
bad('pss-mgf-sha1', S(salg=seq(oid(PSS), pssparams('sha256', mgfmd='sha1')), sigv=lambda t: kl.sign(0, t, lambda k, d: pss('sha256', H('sha256', d), 2047, 32, 'sha1'))),
    'MGF1 with SHA-1')
bad('pss-salt-0', S(salg=seq(oid(PSS), pssparams('sha256', 0)), sigv=lambda t: kl.sign(0, t, lambda k, d: pss('sha256', H('sha256', d), 2047, 0))), 'salt of length 0')
may('pss-salt-20', S(salg=seq(oid(PSS), pssparams('sha256', 20)), sigv=lambda t: kl.sign(0, t, lambda k, d: pss('sha256', H('sha256', d), 2047, 20))), 'salt of 20 (openssl 1.0)')
good('pss-salt-max-openssl', tool('cms', L, '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:max'), 'openssl default of old')
bad('pss-salt-mismatch', S(salg=seq(oid(PSS), pssparams('sha256', 32)), sigv=lambda t: kl.sign(0, t, lambda k, d: pss('sha256', H('sha256', d), 2047, 20))),
    'salt length is not what is said')
bad('pss-salt-neg', S(salg=seq(oid(PSS), pssparams('sha256', -1)), pad='pss'), 'negative salt length')
bad('pss-salt-neg2', S(salg=seq(oid(PSS), pssparams('sha256', -2)), pad='pss'), 'salt length -2 (auto in openssl)')
bad('pss-salt-huge', S(salg=seq(oid(PSS), pssparams('sha256', 1 << 70)), pad='pss'), 'huge salt length')
bad('pss-trailer-2', S(salg=seq(oid(PSS), pssparams('sha256', trailer=2)), pad='pss'), 'trailer field 2')
bad('pss-trailer-1-explicit', S(salg=seq(oid(PSS), pssparams('sha256', trailer=1)), pad='pss'), 'default value encoded: not DER')
bad('pss-digest-mismatch', S(salg=seq(oid(PSS), pssparams('sha512')), pad='pss'), 'PSS hash is not digestAlgorithm')
bad('pss-digest-mismatch-2', S(salg=seq(oid(PSS), pssparams('sha512')), sigv=lambda t: kl.sign('sha512', t, 'pss')), 'PSS hash is not digestAlgorithm, made so')
bad('pss-sha1-params', S(salg=seq(oid(PSS), pssparams('sha1')), sigv=lambda t: kl.sign('sha1', t, 'pss')), 'PSS with SHA-1')
bad('pss-named-pkcs1-made', S(salg=seq(oid(PSS), pssparams('sha256'))), 'says PSS, is PKCS#1')
bad('pkcs1-named-pss-made', S(salg=seq(oid(RSA), null()), pad='pss'), 'says PKCS#1, is PSS')
bad('pss-params-garbage', P(par=oct_(b'123')), 'garbage')
bad('pss-params-null', P(par=null()), 'NULL parameters')
bad('pss-mgf-unknown', P(par=seq(ctx(0, seq(oid(HASH['sha256']))), ctx(1, seq(oid('1.2.3.4'), seq(oid(HASH['sha256'])))), ctx(2, int_(32)))),
    'unknown MGF (CVE-2021-20305-like; OpenSSL null dereference CVE-2015-3194)')
bad('pss-mgf-noparam', P(par=seq(ctx(0, seq(oid(HASH['sha256']))), ctx(1, seq(oid('1.2.840.113549.1.1.8'))), ctx(2, int_(32)))), 'MGF1 without a hash: CVE-2015-3194')
may('pss-hash-null', P(par=seq(ctx(0, seq(oid(HASH['sha256']), null())), ctx(1, seq(oid('1.2.840.113549.1.1.8'), seq(oid(HASH['sha256']), null()))), ctx(2, int_(32)))),
    'hash with NULL parameters: RFC 4055 demands it of some')


# ---- attributes ----------------------------------------------------------------------------------------------------------

h = H('sha256', POL)
bad('no-attrs', tool('smime', L, '-noattr'), 'no signed attributes')
bad('no-attrs-cms', tool('cms', L, '-noattr'), 'no signed attributes')
bad('no-attrs-own', S(attrs=None), 'no signed attributes')
bad('attrs-empty', S(attrs=[]), 'empty set of attributes')
# ForgedAttributes: take a real signature whose attributes are S; present the DER of the attributes as the CONTENT without attributes: valid for openssl
at = sorted([a_ct(), a_md(h), a_st()])
blob = set_(*at)
bad('forged-attributes', sd([signer_info(blob, L, attrs=None, signed_bytes=blob)], [L]), 'ForgedAttributes: the attributes of another signature as content', pol=blob)
bad('forged-attributes-2', S(attrs=[a_ct(), a_md(h), a_st()], sigv=lambda t: kl.sign('sha256', b'other')), 'attributes exchanged under a signature over other bytes')
bad('forged-strip', sd([signer_info(POL, L, attrs=None, signed_bytes=blob)], [L]), 'attributes removed')
bad('attrs-a0-tag-signed', S(signed_bytes=tlv(160, *at), attrs=at), 'signed over [0] in place of SET')
bad('attrs-unsorted', S(attrs=list(reversed(at)), sort=False), 'attributes not in DER order, signed as they are')
bad('attrs-unsorted-signed-sorted', S(attrs=list(reversed(at)), sort=False, signed_bytes=blob), 'attributes not in DER order, signed in order')
bad('attrs-no-md', S(attrs=[a_ct(), a_st()]), 'no messageDigest')
bad('attrs-no-ct', S(attrs=[a_md(h), a_st()]), 'no contentType')
bad('attrs-only-st', S(attrs=[a_st()]), 'neither')
bad('attrs-two-md', S(attrs=[a_ct(), a_md(h), a_md(H('sha256', b'evil'))]), 'two messageDigest attributes')
bad('attrs-same-md-twice', S(attrs=[a_ct(), a_md(h), a_md(h)]), 'the same attribute twice')
bad('attrs-two-ct', S(attrs=[a_ct(), a_ct(SIGNED), a_md(h)]), 'two contentType attributes')
bad('attrs-same-ct-twice', S(attrs=[a_ct(), a_ct(), a_md(h)]), 'twice')
bad('attrs-st-twice', S(attrs=[a_ct(), a_md(h), a_st(), a_st('261102000000Z')]), 'two signing times')
bad('md-two-values', S(attrs=[a_ct(), attr(MD, oct_(h), oct_(H('sha256', b'evil')))]), 'messageDigest with two values')
bad('md-two-values-evil', S(attrs=[a_ct(), attr(MD, *sorted([oct_(h), oct_(b'\x00' * 32)]))]), 'messageDigest with two values')
bad('md-no-value', S(attrs=[a_ct(), attr(MD)]), 'messageDigest without a value')
bad('ct-two-values', S(attrs=[seq(oid(CT), set_(oid(DATA), oid(SIGNED))), a_md(h)]), 'contentType with two values')
bad('ct-no-value', S(attrs=[attr(CT), a_md(h)]), 'no value')
for nm, v in (('short', h[:31]), ('long', h + b'\x00'), ('empty', b''), ('zero', b'\x00' * 32), ('sha512', H('sha512', POL)), ('hex', h.hex().encode()), ('first20', h[:20]), ('1',
    h[:1]), ('flip', bytes([h[0] ^ 1]) + h[1:]), ('lastflip', h[:-1] + bytes([h[-1] ^ 1]))):
    bad('md-' + nm, S(attrs=[a_ct(), a_md(v)]), 'messageDigest of ' + nm)
for nm, v in (('bitstring', bit(h)), ('utf8', utf8(h)), ('integer', int_(int.from_bytes(h, 'big'))), ('seq', seq(oct_(h))), ('octoct', oct_(oct_(h))), ('any', tlv(160, oct_(h)))):
    bad('md-type-' + nm, S(attrs=[a_ct(), attr(MD, v)]), 'messageDigest as ' + nm)
bad('ct-type', S(attrs=[attr(CT, utf8(DATA)), a_md(h)]), 'contentType as text')
bad('ct-oct', S(attrs=[attr(CT, oct_(body(oid(DATA)))), a_md(h)]), 'contentType as OCTET STRING')
bad('ct-relative', S(attrs=[attr(CT, tlv(13, body(oid(DATA)))), a_md(h)]), 'RELATIVE-OID')
bad('attr-values-seq', S(attrs=[a_ct(), seq(oid(MD), seq(oct_(h)))]), 'SEQUENCE for SET OF values')
bad('attr-extra', S(attrs=[a_ct(), seq(oid(MD), set_(oct_(h)), null())]), 'an attribute of three members')
bad('attr-garbage', S(attrs=[a_ct(), a_md(h), null()], sort=False), 'NULL among attributes')
bad('attr-md-in-unsigned', S(attrs=[a_ct()], unsigned=[a_md(h)]), 'messageDigest only among unsigned attributes')
bad('attr-all-unsigned', S(attrs=None, unsigned=[a_ct(), a_md(h)]), 'attributes unsigned')
bad('attr-empty-a0', sd([(lambda k: seq(k[0], k[1], k[2], b'\xa0\x00', k[4], k[5]))(kids(SI()))], [L]), 'A0 00')
bad('attrs-twice-a0', sd([(lambda k: seq(k[0], k[1], k[2], k[3], k[3], k[4], k[5]))(kids(SI()))], [L]), 'two sets of signed attributes')
bad('attrs-after-sig', sd([(lambda k: seq(k[0], k[1], k[2], k[4], k[5], k[3]))(kids(SI()))], [L]), 'attributes at the wrong place')
may('st-garbage', S(attrs=[a_ct(), a_md(h), attr(ST, oct_(b'now'))]), 'signing time not a time')
may('st-future', S(attrs=[a_ct(), a_md(h), a_st('350101000000Z')]), 'signing time in the future (not trusted anyway)')
bad('st-saves-expired', S(c=(x := cert('Old', kl, R, nb='20200101000000Z', na='20210101000000Z', exts=leaf_exts(kl, kr))), attrs=[a_ct(), a_md(h), a_st('200601000000Z')]),
    'signing time within the validity of an expired certificate')
may('unsigned-attr', S(unsigned=[attr('1.2.3.4', utf8('x'))]), 'unsigned attribute')
may('countersignature', S(unsigned=[attr('1.2.840.113549.1.9.6', SI())]), 'countersignature')
bad('unsigned-md', S(unsigned=[a_md(H('sha256', b'evil')), a_ct()]), 'contentType/messageDigest among unsigned attributes')
bad('unsigned-empty', S(unsigned=[]), 'A1 00')
may('unsigned-dup', S(unsigned=[attr('1.2.3.4', utf8('x'))] * 2), 'twice')
bad('unsigned-unsorted', S(unsigned=[attr('1.2.3.5', utf8('x')), attr('1.2.3.4', utf8('x'))]), 'not DER order')
may('countersignature-garbage', S(unsigned=[attr('1.2.840.113549.1.9.6', null())]), 'a broken countersignature')


# ---- signers -------------------------------------------------------------------------------------------------------------

e = key('evil')
EV = cert('Evil', e, exts=leaf_exts(e, e))
ER = cert('Evil Root', e, exts=ca_exts(e, e))
EL = cert('Example Policies', e, ER, exts=leaf_exts(e, e))
L3 = cert('Other policies', k3, R, exts=leaf_exts(k3, kr))
bad('signers-none', sd([], [L], md=[]), 'no signer')
bad('signers-two-good', sd([SI(), SI(c=L3)], [L, L3]), 'two good signers')
bad('signers-same-twice', sd([SI(), SI()], [L]), 'the same twice')
bad('signers-good-evil', sd([SI(), SI(c=EL)], [L, EL]), 'a good and an evil signer')
bad('signers-good-broken', sd([SI(), SI(c=L3, sigv=b'\x00' * 384)], [L, L3]), 'a good and a broken signer')
bad('signers-broken-good', sd([SI(sigv=b'\x00' * 256), SI()], [L], si_sort=False), 'broken first')
bad('signers-good-sha1', sd([SI(), SI(md='sha1')], [L], md=['sha256', 'sha1']), 'the same signer with SHA-1 too')
bad('evil', S(c=EL), 'chain to nobody')
bad('evil-with-root', S(c=EL, certs=[EL, ER]), 'brings its own root')
bad('evil-self', S(c=EV), 'self-signed')
bad('evil-with-our-root', S(c=EL, certs=[EL, R]), 'our root in the bag of a stranger')
EN = cert('Example Root', e, exts=ca_exts(e, e))
bad('anchor-name-other-key', S(c=(x := cert('Example Policies', e, EN, exts=leaf_exts(e, e))), certs=[x, EN]), 'a root of the anchor name with another key')
bad('anchor-name-other-key-aki', S(c=(x := cert('Example Policies', e, EN, exts=[e_ku(0), e_eku('code'), e_ski(e), e_aki(kr)])), certs=[x]),
    'names our root and its key id, signed by another')
bad('anchor-name-self', S(c=cert('Example Root', e, exts=leaf_exts(e, e))), 'self-signed leaf with the name of the anchor')
bad('anchor-name-self-ca', S(c=cert('Example Root', e, exts=[e_bc(), e_ku(0, 5, 6), e_eku('code'), e_ski(e), e_aki(e)])), 'self-signed CA with the name of the anchor signs')
bad('anchor-same-serial', S(c=cert('Example Root', e, serial=R.serial, exts=leaf_exts(e, kr))), 'name and serial of the anchor')
bad('sid-wrong-serial', S(sid=seq(L.issuer, int_(5))), 'signer id names no certificate of the bag')
bad('sid-wrong-issuer', S(sid=seq(name('x'), L.serial)), 'issuer')
bad('sid-wrong-ski', S(sid=ctx(0, b'\x00' * 20, cons=False)), 'key id')
bad('sid-empty-ski', S(sid=ctx(0, b'', cons=False)), 'empty key id')
bad('sid-ski-constructed', S(sid=ctx(0, oct_(kl.ski)), version=3, sdk=dict(version=3)), 'constructed [0]')
bad('sid-prefix-ski', S(sid=ctx(0, kl.ski[:4], cons=False)), 'shortened key id')
nok = cert('No SKI', kl, R, exts=[e_ku(0), e_eku('code'), e_aki(kr)])
bad('sid-ski-not-in-cert', S(c=nok, sid='ski'), 'certificate has no key identifier')
may('leaf-no-ski', S(c=nok), 'leaf without a key identifier (x509_strict does not demand it of leaves)')
bad('no-certs', S(certs=[]), 'no certificate')
bad('no-certs-openssl', tool('smime', L, '-nocerts'), 'no certificate in the bag')
may('no-certs-anchored', tool('smime', L, '-nocerts'), 'signer only among the anchors', anchors=[R, L])
bad('only-other-cert', S(certs=[L3]), 'certificate of somebody else')
bad('only-root', S(certs=[R]), 'root only')
may('two-certs-same-sid', sd([SI()], [L, cert('Example Policies', e, serial=L.serial, issuer=L.issuer, cakey=e, exts=leaf_exts(e, kr))]),
    'another certificate with the same issuer and serial')
x = cert('Example Policies', e, serial=L.serial, issuer=L.issuer, cakey=e, exts=leaf_exts(e, kr))
for o in (0, 1):
    bad(f'confused-cert-{o}', S(c=x, certs=[x, L] if o else [L, x], sdk=dict(sort=False)), 'signed by a twin (same issuer and serial) of a good certificate')
bad('confused-ski', S(c=(y := cert('Twin', e, ER, exts=[e_ku(0), e_eku('code'), e_ski(kl), e_aki(e)])), sid=ctx(0, kl.ski, cons=False), certs=[y, L]),
    'the key identifier of a good certificate')
bad('confused-ski-2', S(c=(y := cert('Twin', e, ER, exts=[e_ku(0), e_eku('code'), e_ski(kl), e_aki(e)])), sid=ctx(0, kl.ski, cons=False), certs=[L, y], sdk=dict(sort=False)),
    'the key identifier of a good certificate, other order')
may('cert-twice', S(certs=[L, L]), 'the same certificate twice')
may('certs-unsorted', S(c=L2, certs=sorted([L2, I], key=lambda c: c.der, reverse=True), sdk=dict(sort=False)), 'certificates not in DER order')
bad('certs-empty-set', S(certs=[], sdk=dict(certs_raw=b'\xa0\x00')), 'empty certificates')
bad('certs-garbage', S(certs=[L, null()]), 'NULL in the bag')
bad('certs-attrcert', S(certs=[L, tlv(161, seq(null()))]), 'attribute certificate v1')
bad('certs-attrcert2', S(certs=[L, tlv(162, seq(seq(), seq(), bit(b'')))]), 'attribute certificate v2')
bad('certs-other', S(certs=[L, tlv(163, oid('1.2.3.4'), null())]), 'other certificate format')
bad('certs-ext', S(certs=[L, tlv(160, seq(null()))]), 'PKCS#6 extended certificate')
bad('certs-as-explicit', S(sdk=dict(certs_raw=tlv(160, set_(L.der)))), 'explicit')
bad('certs-a0-twice', S(sdk=dict(certs_raw=tlv(160, L.der) * 2)), 'twice')
bad('certs-a2', S(sdk=dict(certs_raw=tlv(162, L.der))), '[2]')
bad('certs-a0-primitive', S(sdk=dict(certs_raw=tlv(128, L.der))), 'primitive [0]')
bad('junk-cert-broken', S(certs=[L, L.der[:-5]], sdk=dict(sort=False)), 'a certificate cut off in the bag')
bad('junk-cert-trailing', S(certs=[L, J.der + b'\x00\x00']), 'zeros behind a certificate')
many = [cert(f'Junk {i}', e, exts=leaf_exts(e, e)) for i in range(40)]
may('many-certs', S(certs=[L] + many), '41 certificates')
# a maze of cross-signed certificates: path building must end (CVE-2023-0464-like, Go, 'X.509 mesh')
mk = [key(f'maze{i}', 'ec', 'P-256') for i in range(6)]
maze = [cert(f'Maze {i}', mk[i], issuer=name(f'Maze {j}'), cakey=mk[j], exts=ca_exts(mk[i], mk[j])) for i in range(6) for j in range(6)]
ml = cert('Maze leaf', kl, issuer=name('Maze 0'), cakey=mk[0], exts=leaf_exts(kl, mk[0]))
bad('maze', S(c=ml, certs=[ml] + maze), 'a mesh of cross-signed authorities')
mm = [cert('Maze', mk[0], exts=[e_bc(), e_ku(5, 6), ext('1.2.3.4', utf8(str(i)))]) for i in range(80)]
ml2 = cert('Maze leaf 2', kl, issuer=name('Maze'), cakey=mk[0], exts=[e_ku(0), e_eku('code')])
bad('maze-same-name', S(c=ml2, certs=[ml2] + mm), '80 authorities of one name')
mm = [cert('Maze', mk[i % 6], issuer=name('Maze'), cakey=mk[(i * 5 + 1) % 6], exts=[e_bc(), e_ku(5, 6), ext('1.2.3.4', utf8(str(i)))]) for i in range(80)]
bad('maze-bad-signatures', S(c=ml2, certs=[ml2] + mm), '80 authorities of one name with wrong signatures')


# ---- signature values ----------------------------------------------------------------------------------------------------

good_sig = body(kids(SI())[-1])
bad('sig-empty', S(sigv=b''), 'empty')
bad('sig-zero', S(sigv=b'\x00' * 256), 'zero')
bad('sig-one', S(sigv=b'\x00' * 255 + b'\x01'), 'one')
bad('sig-n', S(sigv=kl.n.to_bytes(256, 'big')), 'equal to the modulus')
bad('sig-n-1', S(sigv=(kl.n - 1).to_bytes(256, 'big')), 'n-1')
bad('sig-short', S(sigv=lambda t: kl.sign('sha256', t)[1:]), 'a byte short')
bad('sig-long', S(sigv=lambda t: b'\x00' + kl.sign('sha256', t)), 'leading zero')
bad('sig-trail', S(sigv=lambda t: kl.sign('sha256', t) + b'\x00'), 'trailing zero')
bad('sig-reversed', S(sigv=lambda t: kl.sign('sha256', t)[::-1]), 'little-endian')
bad('sig-ff', S(sigv=b'\xff' * 256), 'all ones')
bad('sig-over-content', S(sigv=kl.sign('sha256', POL)), 'over the content, not the attributes')
bad('sig-over-digest', S(sigv=lambda t: kl.sign('sha256', H('sha256', t))), 'over the digest twice')
bad('sig-huge', S(sigv=b'\x01' * 40000), 'huge')
bad('sig-plus-n', S(sigv=lambda t: (int.from_bytes(kl.sign('sha256', t), 'big') + kl.n).to_bytes(257, 'big')), 's + n')


def padded(f):
    return lambda t: kl.sign(0, t, f)


def di(d, params=True):
    return dinfo('sha256', H('sha256', d), params)


G = {'short-pad': lambda k, d: b'\x00\x01' + b'\xff' * 8 + b'\x00' + di(d) + b'\xaa' * (k - 11 - len(di(d))), 'zero-pad': lambda k,
    d: b'\x00\x01' + b'\x00' * (k - 3 - len(di(d))) + b'\x00' + di(d), 'type0': lambda k, d: b'\x00\x00' + b'\x00' * (k - 3 - len(di(d))) + b'\x00' + di(d), 'type2': lambda k,
    d: b'\x00\x02' + b'\xff' * (k - 3 - len(di(d))) + b'\x00' + di(d), 'params-garbage': lambda k,
    d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(seq(seq(oid(HASH['sha256']), oct_(b'x' * 100)), oct_(H('sha256', d)))), 'params-absent': lambda k,
    d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(di(d, False)), 'raw-hash': lambda k, d: b'\x00\x01' + b'\xff' * (k - 35) + b'\x00' + H('sha256', d),
    'ber-length': lambda k, d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(tlv(48, seq(oid(HASH['sha256']), null()), oct_(H('sha256', d)), long=2)),
    'trail-in': lambda k, d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(seq(seq(oid(HASH['sha256']), null()), oct_(H('sha256', d)), oct_(b'x' * 90))),
    'fe-pad': lambda k, d: b'\x00\x01\xfe' + b'\xff' * (k - 4 - len(di(d))) + b'\x00' + di(d), 'no-sep': lambda k, d: b'\x00\x01' + b'\xff' * (k - 2 - len(di(d))) + di(d),
    'octet-long': lambda k, d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(seq(seq(oid(HASH['sha256']), null()), oct_(H('sha256', d) + b'\x00'))),
    'empty-hash': lambda k, d: (lambda t: b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t)(seq(seq(oid(HASH['sha256']), null()), oct_(b'')))}
for nm, f in G.items():
    bad('pad-' + nm, S(sigv=padded(f)), 'PKCS#1 padding: ' + nm)
# e = 3: real forgeries (no private key used)
k3e = key('e3', arg='2048', e=3)
c3 = cert('E3', k3e, R, exts=leaf_exts(k3e, kr))
may('e3-proper', S(c=c3), 'a proper signature by a key with e=3')


def cube(x):
    lo, hi = (0, 1 << x.bit_length() // 3 + 2)
    while lo < hi:
        m = (lo + hi) // 2
        if m ** 3 < x:
            lo = m + 1
        else:
            hi = m
    return lo


def bleichenbacher(t):
    p = b'\x00\x01' + b'\xff' * 8 + b'\x00' + di(t)
    v = int.from_bytes(p + b'\xff' * (256 - len(p)), 'big')
    r = cube(v)
    r = r if r ** 3 <= v else r - 1
    return r.to_bytes(256, 'big')


bad('e3-bleichenbacher', S(c=c3, sigv=bleichenbacher), 'Bleichenbacher 2006: garbage behind the DigestInfo')
bad('e3-cube-of-1', S(c=c3, sigv=b'\x00' * 255 + b'\x01'), 's = 1')


def spki_rsa(n, e_):
    return seq(seq(oid(RSA), null()), bit(seq(int_(n), int_(e_))))


class FK(Key):

    def __init__(s, n, e_, kind='rsa'):
        s.kind, s.n, s.e = (kind, n, e_)
        s.spki = spki_rsa(n, e_)
        s.pubbits = body(kids(s.spki)[1])[1:]
        s.pem = None


f1 = FK(kl.n, 1)
cE1 = cert('E1', f1, R, exts=leaf_exts(f1, kr))
bad('e1', S(c=cE1, sigv=lambda t: pkcs1('sha256', H('sha256', t), 256)), 'exponent 1: the padding itself is the signature')
f0 = FK(kl.n, 0)
bad('e0', S(c=cert('E0', f0, R, exts=leaf_exts(f0, kr)), sigv=b'\x00' * 255 + b'\x01'), 'exponent 0')
f2 = FK(kl.n, 2)
bad('e-even', S(c=cert('E2', f2, R, exts=leaf_exts(f2, kr)), sigv=good_sig), 'even exponent')
fm = FK(kl.n, -65537)
bad('e-negative', S(c=cert('EN', fm, R, exts=leaf_exts(fm, kr)), sigv=good_sig), 'negative exponent')
fn = FK(-kl.n, 65537)
bad('n-negative', S(c=cert('NN', fn, R, exts=leaf_exts(fn, kr)), sigv=good_sig), 'negative modulus')
fz = FK(0, 65537)
bad('n-zero', S(c=cert('NZ', fz, R, exts=leaf_exts(fz, kr)), sigv=good_sig), 'modulus zero')
f_1 = FK(1, 65537)
bad('n-one', S(c=cert('N1', f_1, R, exts=leaf_exts(f_1, kr)), sigv=b''), 'modulus one')
fh = FK((1 << 20000) + 1, 65537)
bad('n-20000', S(c=cert('NH', fh, R, exts=leaf_exts(fh, kr)), sigv=b'\x01' * 2501), 'modulus of 20000 bits')
fE = FK(kl.n, (1 << 2000) + 1)
bad('e-huge', S(c=cert('EH', fE, R, exts=leaf_exts(fE, kr)), sigv=good_sig), 'exponent of 2000 bits')
fp = FK((1 << 2203) - 1, 3)


class PK(FK):

    def sign(s, md, data, pad='pkcs1'):
        k = (s.n.bit_length() + 7) // 8
        return pow(int.from_bytes(pkcs1(md, H(md, data), k), 'big'), pow(s.e, -1, s.n - 1), s.n).to_bytes(k, 'big')


fp = PK((1 << 2203) - 1, 65537)
may('n-prime', S(c=cert('NP', fp, R, exts=leaf_exts(fp, kr))), 'prime modulus: a CA certified a broken key')
for b in ('512', '768', '1024', '1536'):
    k = key('rsa' + b, arg=b)
    c = cert('Weak ' + b, k, R, exts=leaf_exts(k, kr))
    bad('rsa-' + b, S(c=c), 'RSA-' + b)
    kw = k
    RW = cert('Weak Root', kw, exts=ca_exts(kw, kw))
    c = cert('Under weak', kl, RW, exts=leaf_exts(kl, kw))
    bad('rsa-root-' + b, S(c=c), 'root of RSA-' + b, anchors=[RW])
    IW = cert('Weak Issuing', kw, R, exts=ca_exts(kw, kr))
    c = cert('Under weak', kl, IW, exts=leaf_exts(kl, kw))
    bad('rsa-inter-' + b, S(c=c, certs=[c, IW]), 'intermediate of RSA-' + b)
for m in ('md5', 'sha1', 'md4', 'sha224'):
    try:
        c = cert('Weak digest', kl, R, exts=leaf_exts(kl, kr), md=m)
    except Exception:
        continue
    (may if m == 'sha224' else bad)('cert-' + m, S(c=c), 'certificate signed with ' + m)
    IM = cert('Weak I', ki, R, exts=ca_exts(ki, kr), md=m)
    c = cert('x', kl, IM, exts=leaf_exts(kl, ki))
    (may if m == 'sha224' else bad)('inter-' + m, S(c=c, certs=[c, IM]), 'intermediate signed with ' + m)
    RM = cert('Weak R', kr, exts=ca_exts(kr, kr), md=m)
    c = cert('x', kl, RM, exts=leaf_exts(kl, kr))
    may('root-' + m, S(c=c), 'self-signature of the anchor with ' + m + ': nobody relies on it', anchors=[RM])
# ECDSA


def ecc(cv, md='sha256', **k):
    kk = key('ec' + cv, 'ec', cv)
    return cert('EC ' + cv, kk, R, exts=leaf_exts(kk, kr), **k)


ecL = ecc('P-256')
good('ec-own', S(c=ecL))
N256 = 115792089210356248762697446949407573529996955224135760342422259061068512044369
rs = lambda r, s: seq(int_(r), int_(s))
for nm, v in (('0-0', rs(0, 0)), ('0-1', rs(0, 1)), ('1-0', rs(1, 0)), ('n-0', rs(N256, 0)), ('n-n', rs(N256, N256)), ('1-1', rs(1, 1)), ('neg', rs(-1, -1)), ('n-1', rs(N256, 1)),
    ('empty-seq', seq()), ('one', seq(int_(1))), ('null', null()), ('raw-zero', b'\x00' * 64), ('empty', b''), ('huge', rs(1 << 20000, 1 << 20000)), ('n+1', rs(N256 + 1,
    N256 + 1))):
    bad('ecdsa-' + nm, S(c=ecL, sigv=v), 'ECDSA r,s = ' + nm)


def resig(f):

    def g(t):
        a = [int.from_bytes(body(x), 'big') for x in kids(ecL.key.sign('sha256', t))]
        return f(*a)
    return g


may('ecdsa-malleable', S(c=ecL, sigv=resig(lambda r, s: rs(r, N256 - s))), '(r, n-s): as good as the original')
bad('ecdsa-nonminimal', S(c=ecL, sigv=resig(lambda r, s: seq(tlv(2, b'\x00\x00' + r.to_bytes(32, 'big')), int_(s)))), 'r not minimal')
bad('ecdsa-trailing', S(c=ecL, sigv=resig(lambda r, s: rs(r, s) + b'\x00')), 'trailing byte')
bad('ecdsa-trailing-in', S(c=ecL, sigv=resig(lambda r, s: seq(int_(r), int_(s), int_(0)))), 'third member')
bad('ecdsa-ber', S(c=ecL, sigv=resig(lambda r, s: seq(int_(r), int_(s), long=2))), 'BER length')
bad('ecdsa-raw', S(c=ecL, sigv=resig(lambda r, s: r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))), 'P1363 form')
bad('ecdsa-r+n', S(c=ecL, sigv=resig(lambda r, s: rs(r + N256, s))), 'r + n')
bad('ecdsa-s+n', S(c=ecL, sigv=resig(lambda r, s: rs(r, s + N256))), 's + n')
bad('ecdsa-neg-s', S(c=ecL, sigv=resig(lambda r, s: rs(r, -s))), '-s')
bad('ecdsa-indef', S(c=ecL, sigv=resig(lambda r, s: b'0\x80' + int_(r) + int_(s) + b'\x00\x00')), 'indefinite')
bad('ecdsa-unsigned-int', S(c=ecL, sigv=resig(lambda r, s: rs(s, r))), 'r and s exchanged')
may('ecdsa-params-null', S(c=ecL, salg=seq(oid(ECSIG['sha256']), null())), 'NULL parameters for ecdsa-with-SHA256')
bad('ecdsa-params-garbage', S(c=ecL, salg=seq(oid(ECSIG['sha256']), oct_(b'xx'))), 'parameters')
may('ecdsa-salg-ecpublickey', S(c=ecL, salg=seq(oid(EC))), 'id-ecPublicKey as signature algorithm (some old tools)')
bad('ecdsa-sha1', S(c=ecL, salg=seq(oid(ECSIG['sha1'])), signmd='sha1'), 'ecdsa-with-SHA1')
bad('ecdsa-sha1-named', S(c=ecL, salg=seq(oid(ECSIG['sha1']))), 'named SHA-1')
bad('ecdsa-mix', S(c=ecL, salg=seq(oid(ECSIG['sha512'])), signmd='sha512'), 'another digest than digestAlgorithm')
bad('ecdsa-rsa-named', S(c=ecL, salg=seq(oid(RSA), null())), 'RSA named')
bad('ecdsa-sha3', S(c=ecL, salg=seq(oid(ECSIG['sha3-256'])), signmd='sha3-256'), 'ecdsa with SHA3')
for cv in ('P-224', 'secp256k1', 'P-192', 'brainpoolP256r1', 'secp112r1'):
    try:
        kk = key('ec' + cv, 'ec', cv)
        kk.kind = 'ec'
    except Exception as x_:
        continue  # this openssl does not know the curve
    c = cert('EC ' + cv, kk, R, exts=leaf_exts(kk, kr))
    (may if cv in ('secp256k1', 'brainpoolP256r1') else bad)('curve-' + cv, S(c=c), 'curve ' + cv)
    RC = cert('Odd root', kk, exts=ca_exts(kk, kk))
    c = cert('Under odd', kl, RC, exts=leaf_exts(kl, kk))
    (may if cv in ('secp256k1', 'brainpoolP256r1') else bad)('curve-root-' + cv, S(c=c), 'root on curve ' + cv, anchors=[RC])
# explicit parameters: CVE-2020-0601: P-256 with a generator of one's own
p256 = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
a256 = p256 - 3
b256 = 41058363725152142129326129780047268409114441015993725554835256314039467401291
g256 = bytes.fromhex('046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5')


def explicit(pub, g=g256, h_=True, n_=N256):
    return seq(seq(oid(EC), seq(int_(1), seq(oid('1.2.840.10045.1.1'), int_(p256)), seq(oct_(a256.to_bytes(32, 'big')), oct_(b256.to_bytes(32, 'big'))), oct_(g), int_(n_),
        int_(1) if h_ else b'')), bit(pub))


kk = ecL.key
bad('explicit-curve', S(c=cert('Explicit', kk, R, spki=explicit(kk.pubbits), exts=leaf_exts(kk, kr))), 'explicit parameters, even of P-256')


class AnyKey(Key):

    def __init__(s, kind, spki, signer=None):
        s.kind, s.spki, s.signer = (kind, spki, signer)
        s.pubbits = body(kids(spki)[1])[1:]
        s.pem = None

    def sign(s, md, data, pad=0):
        return s.signer(md, data)


# generator = public key of the victim, private key 1:  r = x(k*Q), with k=1: r = Qx ; s = k^-1 (h + r*1)
kroot_ec = key('ecrootP-256', 'ec', 'P-256')
RE = cert('EC Root', kroot_ec, exts=ca_exts(kroot_ec, kroot_ec))
Q = kroot_ec.pubbits


def curveball(md, data):
    r = int.from_bytes(Q[1:33], 'big') % N256
    s = (int.from_bytes(H(md, data)[:32], 'big') + r) % N256
    return rs(r, s)


cb = AnyKey('ec', explicit(Q, Q), curveball)
RB = cert('EC Root', cb, exts=ca_exts(cb, cb))
ek = key('evil')
LB = cert('Curveball', ek, RB, exts=leaf_exts(ek, cb))
bad('curveball', S(c=LB, certs=[LB, RB]), 'CVE-2020-0601: root with the public key of the anchor and a generator of its own', anchors=[RE])
bad('curveball-noroot', S(c=LB), 'CVE-2020-0601 without the root', anchors=[RE])
bad('curveball-leaf', S(c=cert('CB', cb, RE, exts=leaf_exts(cb, kroot_ec))), 'CA certified explicit parameters', anchors=[RE])
bad('anchor-explicit', S(c=LB), 'an anchor with explicit parameters', anchors=[RB])
for nm, pt in (('infinity', b'\x00'), ('zero', b'\x04' + b'\x00' * 64), ('off-curve', b'\x04' + b'\x01' * 64), ('empty', b''), ('short', g256[:40]), ('hybrid', b'\x06' + g256[1:]),
    ('p', b'\x04' + p256.to_bytes(32, 'big') * 2)):
    ak = AnyKey('ec', seq(seq(oid(EC), oid(CURVE['P-256'])), bit(pt)), lambda m, d: rs(1, 1))
    bad('point-' + nm, S(c=cert('Pt', ak, R, exts=leaf_exts(ak, kr))), 'public key: ' + nm)
ak = AnyKey('ec', seq(seq(oid(EC), oid(CURVE['P-256'])), bit(bytes([2 + (kk.pubbits[-1] & 1)]) + kk.pubbits[1:33])), kk.sign)
may('point-compressed', S(c=cert('Pt', ak, R, exts=leaf_exts(ak, kr))), 'compressed point')
ak = AnyKey('ec', seq(seq(oid(EC)), bit(kk.pubbits)), kk.sign)
bad('ec-no-params', S(c=cert('Pt', ak, R, exts=leaf_exts(ak, kr))), 'no curve')
ak = AnyKey('ec', seq(seq(oid(EC), null()), bit(kk.pubbits)), kk.sign)
bad('ec-implicit-ca', S(c=cert('Pt', ak, R, exts=leaf_exts(ak, kr))), 'implicitlyCA')
ak = AnyKey('ec', seq(seq(oid(EC), oid(CURVE['P-384'])), bit(kk.pubbits)), kk.sign)
bad('ec-wrong-curve', S(c=cert('Pt', ak, R, exts=leaf_exts(ak, kr))), 'point of another curve')
# DSA, Ed25519, Ed448, unknown keys
dk = key('dsa', 'dsa')
bad('dsa', S(c=cert('DSA', dk, R, exts=leaf_exts(dk, kr))), 'DSA')
bad('dsa-00', S(c=cert('DSA', dk, R, exts=leaf_exts(dk, kr)), sigv=rs(0, 0)), 'DSA 0,0')
for a_ in ('ed25519', 'ed448'):
    k = key(a_, a_)
    k.kind = a_
    c = cert(a_, k, R, exts=leaf_exts(k, kr))
    may(a_ + '-sha512', S(c=c, md='sha512'), 'RFC 8419')
    may(a_ + '-sha256', S(c=c), a_ + ' with sha256')
    bad(a_ + '-zero', S(c=c, md='sha512', sigv=b'\x00' * (64 if a_ == 'ed25519' else 114)), 'zero signature')
    bad(a_ + '-noattr', S(c=c, md='sha512', attrs=None), 'no attributes')
    c2 = cert('Ed root', k, exts=ca_exts(k, k))
    x = cert('Under Ed', kl, c2, exts=leaf_exts(kl, k))
    may(a_ + '-root', S(c=x), 'anchor with ' + a_, anchors=[c2])
low = AnyKey('ed25519', seq(seq(oid('1.3.101.112')), bit(b'\x01' + b'\x00' * 31)), lambda m, d: b'\x01' + b'\x00' * 63)
may('ed25519-small-order', S(c=cert('Low', low, R, exts=leaf_exts(low, kr)), md='sha512', salg=seq(oid('1.3.101.112'))), 'a CA certified a small-order key')
ak = AnyKey('x', seq(seq(oid('1.2.3.4')), bit(b'x' * 32)), lambda m, d: b'x' * 32)
bad('key-unknown', S(c=cert('Unknown', ak, R, exts=leaf_exts(ak, kr)), salg=seq(oid('1.2.3.4'))), 'unknown key type')
x25 = AnyKey('x', seq(seq(oid('1.3.101.110')), bit(b'x' * 32)), lambda m, d: b'x' * 64)
bad('key-x25519', S(c=cert('X', x25, R, exts=leaf_exts(x25, kr)), salg=seq(oid('1.3.101.112'))), 'X25519')
kq = key('pssleaf', 'rsapss', '2048')
pk_n = kids(body(kids(kq.spki)[1])[1:])
cP = cert('PSS only', kq, R, exts=leaf_exts(kq, kr))
kq2 = Key.__new__(Key)
kq2.__dict__ = dict(kq.__dict__)
p_ = kids(body(kids(run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', kq.pem, '-outform', 'DER'))[2]))
kq2.n, kq2.e, kq2.d, kq2.p, kq2.q = [int.from_bytes(body(z), 'big') for z in p_[1:6]]
kq2.kind = 'rsa'
bad('pss-key-pkcs1-sig', S(c=cP.with_key(kq2)), 'a key for PSS only, used with PKCS#1')
good('pss-key-own', S(c=cP.with_key(kq2), pad='pss'))
rk = AnyKey('rsa', seq(seq(oid(PSS), pssparams('sha512')), bit(kq.pubbits)), None)
rk.n, rk.d, rk.kind = (kq2.n, kq2.d, 'rsa')
rk.sign = kq2.sign
bad('pss-key-restricted', S(c=cert('PSS512', rk, R, exts=leaf_exts(rk, kr)), pad='pss'), 'key restricted to SHA-512, used with SHA-256')


# ---- certificates --------------------------------------------------------------------------------------------------------


def leaf(nm, expect, why, subject='Example Policies', certs=(), anchors=None, sk=None, crls=None, **k):
    k.setdefault('exts', leaf_exts(kl, kr))
    c = cert(subject, kl, k.pop('ca', R), **k)
    case(f'{expect}-cert-{nm}', {'bad': 'refuse', 'good': 'accept', 'may': 'either'}[expect], why, S(c=c, certs=[c, *certs], **sk or {}), anchors=anchors, crls=crls)
    return c


X = lambda *m, **k: leaf_exts(kl, kr, more=m, **k)
leaf('no-eku', 'bad', 'no extendedKeyUsage', exts=X(eku=None))
leaf('eku-any', 'bad', 'anyExtendedKeyUsage only', exts=X(eku=('any',)))
leaf('eku-any-code', 'may', 'any and codeSigning', exts=X(eku=('any', 'code')))
for n_ in ('server', 'client', 'email', 'time', 'ocsp', 'ms'):
    leaf('eku-' + n_, 'bad', 'extendedKeyUsage ' + n_, exts=X(eku=(n_,)))
leaf('eku-empty', 'bad', 'empty extendedKeyUsage', exts=X(ext('2.5.29.37', seq()), eku=None))
leaf('eku-garbage', 'bad', 'garbage', exts=X(ext('2.5.29.37', b'xxx'), eku=None))
leaf('eku-code-prefix', 'bad', 'codeSigning.1', exts=X(eku=('1.3.6.1.5.5.7.3.3.1',)))
leaf('eku-trailing', 'bad', 'trailing bytes in the extension', exts=X(ext('2.5.29.37', seq(oid(EKU['code'])) + b'\x00\x00'), eku=None))
leaf('eku-twice', 'bad', 'extendedKeyUsage twice', exts=X(e_eku('server')))
leaf('eku-twice-2', 'bad', 'extendedKeyUsage twice', exts=[e_eku('server'), *X()])
leaf('eku-netscape', 'bad', 'nsCertType objectSigning in place of EKU', exts=X(ext('2.16.840.1.113730.1.1', bit(b'\x10', 4)), eku=None))
leaf('nscert-contradicts', 'may', 'nsCertType sslServer', exts=X(ext('2.16.840.1.113730.1.1', bit(b'@', 6))))
leaf('eku-codesign-time', 'may', 'codeSigning and timeStamping together', exts=X(eku=('code', 'time')))
leaf('no-ku', 'bad', 'no keyUsage', exts=X(ku=None))
leaf('ku-certsign', 'bad', 'keyCertSign only', exts=X(ku=(5,)))
leaf('ku-nr', 'bad', 'nonRepudiation without digitalSignature', exts=X(ku=(1,)))
leaf('ku-enc', 'bad', 'keyEncipherment', exts=X(ku=(2,)))
leaf('ku-zero', 'bad', 'no bit set', exts=X(ext('2.5.29.15', bit(b'\x00', 7), True), ku=None))
leaf('ku-empty', 'bad', 'empty bit string', exts=X(ext('2.5.29.15', bit(b'')), ku=None))
leaf('ku-twice', 'bad', 'keyUsage twice', exts=X(e_ku(5)))
leaf('ku-noncrit', 'may', 'keyUsage not critical', exts=X(e_ku(0, crit=False), ku=None))
leaf('ku-garbage', 'bad', 'garbage', exts=X(ext('2.5.29.15', b'\x03\x02', True), ku=None))
leaf('ku-long', 'may', 'keyUsage of many bytes', exts=X(ext('2.5.29.15', bit(b'\x80' + b'\x00' * 20), True), ku=None))
leaf('ku-ber-unused', 'may', 'trailing zero bits (not DER named bits)', exts=X(ext('2.5.29.15', bit(b'\x80', 0), True), ku=None))
leaf('ku-sign-certsign', 'may', 'digitalSignature and keyCertSign', exts=X(ku=(0, 5)))
leaf('ca-true', 'bad', 'CA:TRUE signer', exts=X(ku=(0,), bc=e_bc(True)))
leaf('ca-true-certsign', 'bad', 'CA:TRUE, keyCertSign signer', exts=X(ku=(0, 5, 6), bc=e_bc(True)))
leaf('ca-false-path', 'bad', 'pathLen without CA (x509_strict)', exts=X(ext('2.5.29.19', seq(int_(3)), True)))
leaf('bc-twice', 'bad', 'basicConstraints twice', exts=X(e_bc(False), bc=e_bc(False)))
leaf('bc-ber-false', 'may', 'FALSE encoded', exts=X(ext('2.5.29.19', seq(boo(False)), True)))
leaf('expired', 'bad', 'expired', nb='20200101000000Z', na='20210101000000Z')
leaf('future', 'bad', 'not yet valid', nb='20350101000000Z')
leaf('inverted', 'bad', 'notAfter before notBefore', nb='20360101000000Z', na='20200101000000Z')
leaf('expired-far', 'bad', 'UTCTime 1950', nb='19500101000000Z', na='19510101000000Z')
leaf('time-nosec', 'bad', 'UTCTime without seconds', nb=utc('2601010000Z'))
leaf('time-offset', 'bad', 'UTCTime with an offset', na=utc('361231235959+0100'))
leaf('time-gen-early', 'may', 'GeneralizedTime before 2050', nb=gen('20260101000000Z'))
leaf('time-frac', 'bad', 'fractional seconds', na=gen('20361231235959.5Z'))
leaf('time-garbage', 'bad', 'garbage', na=utc('xxxxxxxxxxxxZ'))
leaf('time-empty', 'bad', 'empty', na=utc(''))
leaf('time-month13', 'bad', 'month 13', na=utc('361331235959Z'))
leaf('time-feb30', 'may', '30 February', na=utc('360230000000Z'))
leaf('time-local', 'bad', 'no Z', na=utc('361231235959'))
leaf('time-gen-local', 'bad', 'no Z', na=gen('20361231235959'))
leaf('time-int', 'bad', 'INTEGER for a time', na=int_(5))
leaf('time-2049', 'good', 'UTCTime 49', na=utc('491231235959Z'))
leaf('time-utc50', 'bad', 'UTCTime 50 is 1950', na=utc('500101000000Z'))
leaf('time-nul', 'bad', 'NUL in time', na=utc('361231235959\x00Z'))
leaf('critical-unknown', 'bad', 'unknown critical extension', exts=X(ext('1.2.3.4.5', null(), True)))
leaf('noncritical-unknown', 'good', 'unknown extension, not critical', exts=X(ext('1.2.3.4.5', null())))
leaf('unknown-twice', 'bad', 'the same unknown extension twice', exts=X(ext('1.2.3.4.5', null()), ext('1.2.3.4.5', null())))
leaf('ski-twice', 'bad', 'subjectKeyIdentifier twice', exts=X(e_ski(kl)))
leaf('aki-twice', 'bad', 'authorityKeyIdentifier twice', exts=X(e_aki(kr)))
leaf('aki-wrong', 'bad', 'authorityKeyIdentifier of another key', exts=leaf_exts(kl, kj))
leaf('aki-garbage', 'bad', 'garbage in authorityKeyIdentifier', exts=[e_ku(0), e_eku('code'), e_ski(kl), ext('2.5.29.35', b'zzzz')])
leaf('aki-absent', 'may', 'no authorityKeyIdentifier (x509_strict refuses)', exts=[e_ku(0), e_eku('code'), e_ski(kl)])
leaf('aki-serial', 'bad', 'authorityKeyIdentifier names another serial', exts=[e_ku(0), e_eku('code'), e_ski(kl), ext('2.5.29.35', seq(ctx(0, kr.ski, cons=False), ctx(1, ctx(4,
    R.issuer)), tlv(130, b'\x05')))])
leaf('aki-full', 'good', 'authorityKeyIdentifier with issuer and serial', exts=[e_ku(0), e_eku('code'), e_ski(kl), ext('2.5.29.35', seq(ctx(0, kr.ski, cons=False), ctx(1, ctx(4,
    R.issuer)), tlv(130, body(R.serial))))])
leaf('aki-critical', 'may', 'critical authorityKeyIdentifier', exts=[e_ku(0), e_eku('code'), e_ski(kl), ext('2.5.29.35', seq(ctx(0, kr.ski, cons=False)), True)])
leaf('ext-boolean-ber', 'bad', 'BOOLEAN TRUE as 01', exts=X(seq(oid('1.2.3.4.5'), b'\x01\x01\x01', oct_(null()))))
leaf('ext-default-false', 'bad', 'default FALSE encoded', exts=X(seq(oid('1.2.3.4.5'), boo(False), oct_(null()))))
leaf('ext-not-octets', 'bad', 'extension value is no OCTET STRING', exts=X(seq(oid('1.2.3.4.5'), null())))
leaf('ext-no-value', 'bad', 'extension without value', exts=X(seq(oid('1.2.3.4.5'))))
leaf('exts-tag', 'bad', 'extensions under [4]', tag_exts=164)
leaf('exts-none', 'bad', 'no extensions', exts=[])
leaf('v1', 'bad', 'version 1 without extensions', exts=[], version=0)
leaf('v1-exts', 'bad', 'version 1 with extensions', version=0)
leaf('v2-exts', 'bad', 'version 2 with extensions', version=1)
leaf('v4', 'bad', 'version 4', version=3)
leaf('v-neg', 'bad', 'version -1', version=-1)
leaf('v-huge', 'bad', 'huge version', version=1 << 64 | 2)
leaf('uid', 'may', 'unique identifiers', uid=tlv(129, b'\x00x'))
leaf('tail', 'bad', 'bytes behind the extensions', tail=null())
leaf('serial-neg', 'bad', 'negative serial', serial=-5)
leaf('serial-zero', 'may', 'serial 0', serial=int_(0))
leaf('serial-21', 'may', 'serial of 21 bytes', serial=1 << 163)
leaf('serial-huge', 'may', 'serial of 20000 bits', serial=1 << 20000)
leaf('serial-nonminimal', 'bad', 'serial not minimal', serial=b'\x02\x03\x00\x00\x11')
leaf('serial-empty', 'bad', 'empty serial', serial=b'\x02\x00')
leaf('alg-mismatch', 'bad', 'signature algorithm inside and outside differ', alg2=seq(oid(RSASIG['sha512']), null()))
leaf('alg-mismatch-2', 'bad', 'inside names MD5', alg=seq(oid(RSASIG['md5']), null()), alg2=seq(oid(RSASIG['sha256']), null()))
leaf('alg-mismatch-3', 'bad', 'parameters differ', alg2=seq(oid(RSASIG['sha256'])))
leaf('alg-garbage-params', 'may', 'parameters are garbage', alg=seq(oid(RSASIG['sha256']), oct_(b'x')))
leaf('sig-zero', 'bad', 'signature zero', sigv=b'\x00' * 384)
leaf('sig-empty', 'bad', 'signature empty', sigv=b'')
leaf('sig-one', 'bad', 'signature one', sigv=b'\x00' * 383 + b'\x01')
leaf('sig-evil', 'bad', 'signed by another key', cakey=e)
leaf('sig-self', 'bad', 'signed by itself, issuer our root', cakey=kl)
leaf('alg-null-sha', 'bad', 'noSignature', alg=seq(oid('1.3.6.1.5.5.7.6.2')), sigv=lambda t: H('sha256', t))
leaf('alg-unknown', 'bad', 'unknown algorithm', alg=seq(oid('1.2.3.4')), sigv=b'x')


def mod_bits(c):
    k = kids(c.der)
    return seq(k[0], k[1], bit(body(k[2])[1:], 3))


bad('cert-sig-unused-bits', S(certs=[mod_bits(L)]), 'BIT STRING with unused bits for the signature')
leaf('name-nul', 'may', 'NUL within the common name', subject=name(('2.5.4.3', utf8(b'Example\x00.evil'))))
leaf('name-bmp', 'may', 'BMPString', subject=name(('2.5.4.3', tlv(30, 'Example'.encode('utf-16-be')))))
leaf('name-bmp-odd', 'may', 'BMPString of odd length', subject=name(('2.5.4.3', tlv(30, b'\x00E\x00'))))
leaf('name-universal', 'may', 'UniversalString', subject=name(('2.5.4.3', tlv(28, 'Ex'.encode('utf-32-be')))))
leaf('name-invalid-utf8', 'may', 'invalid UTF-8', subject=name(('2.5.4.3', utf8(b'\xff\xfe'))))
leaf('name-t61', 'may', 'T61String', subject=name(('2.5.4.3', tlv(20, b'Ex\xe9'))))
leaf('name-escape', 'good', 'control characters and quotes', subject=name(('2.5.4.3', utf8('a\x1b[31m\r\nfake line,O=Trust"\\'))))
leaf('name-empty', 'may', 'empty subject', subject=seq())
leaf('name-huge', 'may', 'huge common name', subject=name(('2.5.4.3', utf8('x' * 30000))))
leaf('name-emptyset', 'may', 'empty RDN', subject=seq(set_()))
leaf('name-bidi', 'good', 'bidirectional marks', subject=name(('2.5.4.3', utf8('\u202eelpmaxE'))))
leaf('name-same-as-root', 'may', 'leaf with the name of the root', subject='Example Root')
leaf('name-int', 'may', 'INTEGER as common name', subject=name(('2.5.4.3', int_(5))))
leaf('name-oidarcs', 'may', 'attribute type of a huge arc', subject=name(('2.5.4.' + str(1 << 200), utf8('x'))))
leaf('name-500', 'may', '500 RDNs', subject=name(*[('2.5.4.11', 'x')] * 500))
leaf('policy-constraints', 'may', 'policyConstraints on a leaf', exts=X(ext('2.5.29.36', seq(tlv(128, b'\x00')), True)))
leaf('policies-dup', 'may', 'certificatePolicies with a duplicate (x509 refuses if policy check)', exts=X(ext('2.5.29.32', seq(seq(oid('1.2.3')), seq(oid('1.2.3'))))))
leaf('rfc3779-bad', 'bad', 'broken critical IPAddrBlocks', exts=X(ext('1.3.6.1.5.5.7.1.7', seq(seq(oct_(b'\x00'), oct_(b'x'))), True)))
leaf('rfc3779', 'may', 'sbgp-ipAddrBlock inherit, critical: root has none', exts=X(ext('1.3.6.1.5.5.7.1.7', seq(seq(oct_(b'\x00\x01'), null())), True)))
leaf('san-x400', 'may', 'CVE-2023-0286: x400Address in a name', exts=X(ext('2.5.29.17', seq(tlv(163, seq())))))
leaf('crldp', 'good', 'CRL distribution point (nobody fetches it)', exts=X(ext('2.5.29.31', seq(seq(ctx(0, ctx(0, tlv(134, b'http://127.0.0.1:1/x'))))))))
leaf('crldp-critical', 'may', 'critical CRL distribution point', exts=X(ext('2.5.29.31', seq(seq(ctx(0, ctx(0, tlv(134, b'http://127.0.0.1:1/x'))))), True)))
leaf('proxy', 'bad', 'proxy certificate', exts=X(ext('1.3.6.1.5.5.7.1.14', seq(seq(oid('1.3.6.1.5.5.7.21.1'))), True)))
leaf('ct-poison', 'bad', 'CT poison (critical)', exts=X(ext('1.3.6.1.4.1.11129.2.4.3', null(), True)))
leaf('nocheck', 'may', 'ocsp-nocheck', exts=X(ext('1.3.6.1.5.5.7.48.1.5', null())))
leaf('nc-on-leaf', 'may', 'nameConstraints on a leaf', exts=X(ext('2.5.29.30', seq(ctx(0, seq(tlv(130, b'x')))), True)))
# proxies: an end-entity issues
PX = cert(seq(*kids(L.subject), set_(seq(oid('2.5.4.3'), utf8('1')))), e, L, exts=[e_ku(0), e_eku('code'), e_ski(e), e_aki(kl), ext('1.3.6.1.5.5.7.1.14',
    seq(seq(oid('1.3.6.1.5.5.7.21.1'))), True)])
bad('proxy-of-leaf', S(c=PX, certs=[PX, L]), 'proxy certificate issued by a leaf')
# intermediates


def inter(nm, expect, why, lexts=None, subject='Example Issuing', ik=ki, root=R, anchors=None, crls=None, lname='Example Policies', lk=kl, lca=None, more=(), isub=None, lkw=None,
    **k):
    k.setdefault('exts', ca_exts(ik, kr, 0))
    ic = cert(subject, ik, root, **k)
    c = cert(lname, lk, lca or ic, exts=lexts or leaf_exts(lk, ik), **lkw or {})
    case(f'{expect}-inter-{nm}', {'bad': 'refuse', 'good': 'accept', 'may': 'either'}[expect], why, S(c=c, certs=[c, ic, *more]), anchors=anchors, crls=[x(ic,
        c) if callable(x) else x for x in crls] if crls else None)


inter('plain', 'good', 'plain')
inter('not-ca', 'bad', 'CA:FALSE issues', exts=[e_bc(False), e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('no-bc', 'bad', 'no basicConstraints', exts=[e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('leaf-issues', 'bad', 'a code-signing leaf issues', exts=leaf_exts(ki, kr))
inter('leaf-issues-2', 'bad', 'a code-signing leaf with keyCertSign issues', exts=leaf_exts(ki, kr, ku=(0, 5)))
inter('no-certsign', 'bad', 'CA without keyCertSign', exts=[e_bc(), e_ku(0, 6), e_ski(ki), e_aki(kr)])
inter('no-ku', 'bad', 'CA without keyUsage (x509_strict)', exts=[e_bc(), e_ski(ki), e_aki(kr)])
inter('bc-noncrit', 'may', 'basicConstraints not critical (x509_strict refuses)', exts=[e_bc(crit=False), e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('v1', 'bad', 'version 1 authority', version=0, exts=[])
inter('nscert-ca', 'bad', 'nsCertType objCA in place of basicConstraints', exts=[ext('2.16.840.1.113730.1.1', bit(b'\x07', 0)), e_ski(ki), e_aki(kr)])
inter('eku-server', 'bad', 'authority for TLS servers only', exts=ca_exts(ki, kr, 0, [e_eku('server')]))
inter('eku-email', 'bad', 'authority for e-mail only', exts=ca_exts(ki, kr, 0, [e_eku('email')]))
inter('eku-code', 'good', 'authority for code signing', exts=ca_exts(ki, kr, 0, [e_eku('code')]))
inter('eku-any', 'may', 'authority for anything', exts=ca_exts(ki, kr, 0, [e_eku('any')]))
inter('expired', 'bad', 'expired authority', nb='20200101000000Z', na='20210101000000Z')
inter('future', 'bad', 'authority not yet valid', nb='20350101000000Z')
inter('critical', 'bad', 'unknown critical extension of the authority', exts=ca_exts(ki, kr, 0, [ext('1.2.3.4', null(), True)]))
inter('sig', 'bad', 'authority signed by a stranger', cakey=e)
inter('path-neg', 'bad', 'negative pathLen', exts=[e_bc(True, -1), e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('bc-garbage', 'bad', 'garbage basicConstraints', exts=[ext('2.5.29.19', b'0\x03\x01\x01', True), e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('bc-twice', 'bad', 'twice', exts=[e_bc(False), e_bc(True), e_ku(5, 6), e_ski(ki), e_aki(kr)])
inter('ext-twice', 'bad', 'unknown extension twice in an authority', exts=ca_exts(ki, kr, 0, [ext('1.2.3.4', null())] * 2))
inter('no-ski', 'may', 'authority without key identifier', exts=[e_bc(True, 0), e_ku(5, 6), e_aki(kr)])
inter('serial-neg', 'bad', 'negative serial of the authority', serial=-9)
inter('empty-subject', 'bad', 'authority without a name', subject=seq())
inter('sig-zero', 'bad', 'zero signature of the authority', sigv=b'\x00' * 384)
inter('self-issued-evil', 'bad', 'evil authority with our name', cakey=e, ik=e, exts=ca_exts(e, kr, 0))
IP0 = cert('Path 0', ki, R, exts=ca_exts(ki, kr, 0))
I6 = cert('Sub', k5, IP0, exts=ca_exts(k5, ki))
x = cert('L', kl, I6, exts=leaf_exts(kl, k5))
bad('pathlen', S(c=x, certs=[x, I6, IP0]), 'pathLen 0 exceeded')
RP = cert('Root0', kr, exts=ca_exts(kr, kr, 0))
Ia = cert('Sub a', ki, RP, exts=ca_exts(ki, kr))
x = cert('L', kl, Ia, exts=leaf_exts(kl, ki))
bad('pathlen-root', S(c=x, certs=[x, Ia]), 'pathLen 0 of the anchor exceeded', anchors=[RP])
dn = lambda n_: ctx(4, n_)
nc = lambda perm=None, excl=None: ext('2.5.29.30', seq(ctx(0, *[seq(p) for p in perm]) if perm else b'', ctx(1, *[seq(p) for p in excl]) if excl else b''), True)
OK = name(('2.5.4.10', 'Example'))
inter('nc-permitted', 'good', 'name constraints met', exts=ca_exts(ki, kr, 0, [nc([dn(OK)])]))
inter('nc-outside', 'bad', 'name outside of the permitted', exts=ca_exts(ki, kr, 0, [nc([dn(name(('2.5.4.10', 'Other')))])]))
inter('nc-excluded', 'bad', 'excluded name', exts=ca_exts(ki, kr, 0, [nc(None, [dn(OK)])]))
inter('nc-email', 'bad', 'e-mail in the subject outside of the permitted', exts=ca_exts(ki, kr, 0, [nc([tlv(129, b'good.example')])]), lname=name(('2.5.4.10', 'Example'),
    ('1.2.840.113549.1.9.1', tlv(22, b'a@evil.example'))))
inter('nc-empty', 'may', 'empty name constraints', exts=ca_exts(ki, kr, 0, [ext('2.5.29.30', seq(), True)]))
inter('nc-unknown', 'may', 'constraint of another kind', exts=ca_exts(ki, kr, 0, [nc([tlv(136, body(oid('1.2.3')))])]))
inter('nc-bad-min', 'bad', 'minimum in a constraint (CVE-2022-3602 family: punycode e-mail)', exts=ca_exts(ki, kr, 0, [nc([tlv(129, b'xn--' + b'a' * 600)])]), lexts=leaf_exts(kl,
    ki, more=[ext('2.5.29.17', seq(ctx(0, oid('1.3.6.1.5.5.7.8.9'), ctx(0, utf8('x@' + 'ä' * 300)))))]))
inter('policyconstraints', 'may', 'requireExplicitPolicy', exts=ca_exts(ki, kr, 0, [ext('2.5.29.36', seq(tlv(128, b'\x00')), True)]))
inter('policymap', 'may', 'policy mappings (CVE-2023-0464/0465/0466)', exts=ca_exts(ki, kr, 0, [ext('2.5.29.33', seq(seq(oid('1.2.3'), oid('1.2.4'))), True)]))
inter('loop', 'bad', 'two authorities sign each other', root=None, issuer=name('Loop B'), subject='Loop A', cakey=k5, exts=ca_exts(ki, k5), more=[cert('Loop B', k5,
    issuer=name('Loop A'), cakey=ki, exts=ca_exts(k5, ki))])
# an alternative path: expired authority of the same key in the bag and a good one
Iexp = cert('Example Issuing', ki, R, nb='20200101000000Z', na='20210101000000Z', exts=ca_exts(ki, kr, 0))
may('inter-expired-and-good', S(c=L2, certs=[L2, Iexp, I]), 'expired and valid authority of one key')
# CVE-2021-3450 like: strict flag off by explicit curve; CVE-2015-1793: alternative chain with leaf as CA
a1 = cert('Sub leaf', e, L, exts=leaf_exts(e, kl))
bad('cve-2015-1793', S(c=a1, certs=[a1, L, cert('Example Policies', kl, ER, cakey=e, exts=ca_exts(kl, e))]), 'alternative chain: a leaf as authority')
bad('leaf-issues-leaf', S(c=a1, certs=[a1, L]), 'leaf issues a leaf')


# ---- anchors -------------------------------------------------------------------------------------------------------------

selfleaf = cert('Self', kl, exts=leaf_exts(kl, kl))
bad('anchor-is-leaf', S(c=selfleaf), 'self-signed signer as its own anchor', anchors=[selfleaf])
bad('anchor-is-leaf-2', base, 'the signer certificate alone as anchor', anchors=[L])
bad('anchor-is-leaf-noca', tool('smime', L, '-nocerts'), 'the signer alone as anchor, not in the bag', anchors=[L])
bad('anchor-selfca', S(c=(x := cert('SelfCA', kl, exts=[e_bc(), e_ku(0, 5), e_eku('code'), e_ski(kl), e_aki(kl)]))), 'the anchor itself signs', anchors=[x])
may('anchor-intermediate', S(c=L2), 'an intermediate authority as the only anchor', anchors=[I])
may('anchor-intermediate-chain', S(c=L2, certs=[L2, I, R]), 'an intermediate as the only anchor, root in the bag', anchors=[I])
bad('anchor-none', base, 'no anchors', anchors=b'')
bad('anchor-space', base, 'no certificate in the file', anchors=b'\n\n')
bad('anchor-garbage', base, 'garbage', anchors=b'garbage')
bad('anchor-der', base, 'anchors in DER', anchors=R.der)
bad('anchor-cut', base, 'PEM cut off', anchors=R.pem()[:-40])
bad('anchor-bad-base64', base, 'PEM with wrong characters', anchors=R.pem().replace(b'M', b'!', 1))
bad('anchor-good-and-cut', base, 'the second certificate is broken: fail closed', anchors=R.pem() + J.pem()[:-40])
bad('anchor-good-and-garbage', base, 'a PEM block that is no certificate', anchors=R.pem() + pem('CERTIFICATE', b'0\x00'))
bad('anchor-key', base, 'a private key among the anchors', anchors=open(kl.pem, 'rb').read())
may('anchor-good-and-key', base, 'a private key beside the anchor', anchors=R.pem() + open(kl.pem, 'rb').read())
may('anchor-trusted', base, 'TRUSTED CERTIFICATE', anchors=R.pem('TRUSTED CERTIFICATE'))
may('anchor-x509', base, 'X509 CERTIFICATE', anchors=R.pem('X509 CERTIFICATE'))
bad('anchor-other', base, 'another root', anchors=[J])
bad('anchor-same-name', base, 'an anchor of the same name with another key', anchors=[Rn])
bad('anchor-nul', base, 'NUL before the PEM block', anchors=b'\x00' + J.pem())
bad('anchor-trailing-der', base, 'bytes behind the certificate within PEM', anchors=pem('CERTIFICATE', R.der + b'\x00'))
for nm, kw, why in (('expired', dict(nb='20100101000000Z', na='20200101000000Z'), 'expired anchor'), ('future', dict(nb='20350101000000Z'), 'anchor not yet valid'), ('notca',
    dict(exts=[e_bc(False), e_ku(5, 6), e_ski(kr), e_aki(kr)]), 'anchor is no authority'), ('nobc', dict(exts=[e_ku(5, 6), e_ski(kr)]), 'anchor without basicConstraints'), ('noks',
    dict(exts=[e_bc(), e_ku(0), e_ski(kr), e_aki(kr)]), 'anchor without keyCertSign'), ('critical', dict(exts=ca_exts(kr, kr, None, [ext('1.2.3.4', null(), True)])),
    'anchor with an unknown critical extension'), ('v1', dict(exts=[], version=0), 'anchor of version 1')):
    ra = cert('Anchor ' + nm, kr, **{'exts': ca_exts(kr, kr), **kw})
    x = cert('L', kl, ra, exts=leaf_exts(kl, kr))
    (may if nm in ('critical',) else bad)('anchor-' + nm, S(c=x), why, anchors=[ra])
ra = cert('Anchor TLS', kr, exts=ca_exts(kr, kr, None, [e_eku('server')]))
x = cert('L', kl, ra, exts=leaf_exts(kl, kr))
bad('anchor-eku-server', S(c=x), 'an anchor for TLS only', anchors=[ra])
ra = cert('Anchor badself', kr, sigv=b'\x00' * 384, exts=ca_exts(kr, kr))
x = cert('L', kl, ra, exts=leaf_exts(kl, kr))
may('anchor-bad-selfsig', S(c=x), 'self-signature of the anchor does not verify', anchors=[ra])


# ---- CRLs ----------------------------------------------------------------------------------------------------------------

bad('crl-revoked', base, 'signer revoked', crls=[crl(R, [L])])
bad('crl-inter-revoked', S(c=L2, certs=[L2, I]), 'authority revoked', crls=[crl(R, [I]), crl(I)])
bad('crl-inter-revoked-only', S(c=L2, certs=[L2, I]), 'authority revoked, no list of the issuer', crls=[crl(R, [I])])
bad('crl-leaf-revoked-only', S(c=L2, certs=[L2, I]), 'signer revoked, no list of the root', crls=[crl(I, [L2])])
bad('crl-four-revoked', S(c=L5, certs=[L5, I5, I0]), 'deep authority revoked', crls=[crl(I0, [I5]), crl(R), crl(I5)])
bad('crl-expired', base, 'list expired', crls=[crl(R, nxt='20260201000000Z')])
bad('crl-expired-revoked', base, 'expired list that revokes', crls=[crl(R, [L], nxt='20260201000000Z')])
bad('crl-future', base, 'list from the future', crls=[crl(R, this='20350101000000Z')])
bad('crl-sig', base, 'list signed by a stranger', crls=[crl(R, k=e)])
bad('crl-garbage', base, 'garbage for lists', crls=b'garbage')
bad('crl-cut', base, 'list cut off', crls=pem('X509 CRL', crl(R))[:-40])
bad('crl-good-and-cut', base, 'the second list cut off', crls=pem('X509 CRL', crl(J)) + pem('X509 CRL', crl(R, [L]))[:-40])
bad('crl-der-revoked', base, 'list in DER that revokes: must not be skipped', crls=crl(R, [L]))
bad('crl-critical', base, 'list with unknown critical extension', crls=[crl(R, more=[ext('1.2.3.4', null(), True)])])
bad('crl-delta-revoked', base, 'a delta list revokes', crls=[crl(R), crl(R, [L], number=2, more=[ext('2.5.29.27', int_(1), True)])])
bad('crl-two-old-new', base, 'a newer list revokes, the older does not', crls=[crl(R, number=1), crl(R, [L], number=2, this='20260701000000Z')])
bad('crl-two-new-old', base, 'other order', crls=[crl(R, [L], number=2, this='20260701000000Z'), crl(R, number=1)])
may('crl-two-older-revokes', base, 'an older list revokes, the newer does not (hold removed)', crls=[crl(R, [L], number=1), crl(R, number=2, this='20260701000000Z')])
may('crl-other-ca', base, 'only a list of an unrelated authority', crls=[crl(J, [L])])
may('crl-sha1', base, 'list signed with SHA-1', crls=[crl(R, md='sha1')])
bad('crl-sha1-revoked', base, 'SHA-1 list that revokes', crls=[crl(R, [L], md='sha1')])
may('crl-v1', base, 'version 1 list', crls=[crl(R, v2=False)])
bad('crl-v1-revoked', base, 'version 1 list that revokes', crls=[crl(R, [L], v2=False)])
may('crl-no-next', base, 'list without nextUpdate', crls=[crl(R, nxt=None)])
bad('crl-no-next-revoked', base, 'list without nextUpdate that revokes', crls=[crl(R, [L], nxt=None)])
bad('crl-rotation-revoked', base, 'two anchors of one name; the right one revokes', anchors=[Rn, R], crls=[crl(R, [L])])
bad('crl-idp-revoked', base, 'list with an issuing distribution point that revokes', crls=[crl(R, [L], more=[ext('2.5.29.28', seq(ctx(0, ctx(0, tlv(134, b'http://x')))), True)])])
may('crl-idp-attr', base, 'list for attribute certificates only', crls=[crl(R, more=[ext('2.5.29.28', seq(tlv(133, b'\xff')), True)])])
may('crl-idp-cacerts', base, 'list for authorities only', crls=[crl(R, more=[ext('2.5.29.28', seq(tlv(130, b'\xff')), True)])])
bad('crl-reason-hold', base, 'certificateHold', crls=[crl(R, [L], entry_exts=seq(ext('2.5.29.21', tlv(10, b'\x06'))))])
may('crl-reason-remove', base, 'removeFromCRL in a full list', crls=[crl(R, [L], entry_exts=seq(ext('2.5.29.21', tlv(10, b'\x08'))))])
bad('crl-entry-critical', base, 'entry with an unknown critical extension', crls=[crl(R, [int_(9)], entry_exts=seq(ext('1.2.3.4', null(), True)))])
nosig = cert('NoCRLSign', kr, exts=[e_bc(), e_ku(5), e_ski(kr), e_aki(kr)])
x = cert('L', kl, nosig, exts=leaf_exts(kl, kr))
bad('crl-no-crlsign', S(c=x), 'list by an authority that may not sign lists', anchors=[nosig], crls=[crl(nosig)])
may('bag-crl', S(sdk=dict(crls=[crl(R)])), 'a list in the signature')
bad('bag-crl-stale', S(sdk=dict(crls=[crl(R)])), 'an old list in the signature, a newer list of the system revokes', crls=[crl(R, [L], number=5, this='20260701000000Z')])
may('bag-crl-revokes', S(sdk=dict(crls=[crl(R, [L])])), 'the signature brings its own revocation')
bad('bag-crl-newer-fake', S(sdk=dict(crls=[crl(R, k=e, number=99, this='20261101000000Z')])), 'a fake newer list in the signature', crls=[crl(R, [L])])
bad('bag-crl-garbage', S(sdk=dict(crls=[null()])), 'garbage list in the signature')
bad('bag-crl-empty', S(sdk=dict(crls=[])), 'A1 00')
may('bag-crl-other', S(sdk=dict(crls=[tlv(161, oid('1.3.6.1.5.5.7.16.2'), seq())])), 'OCSP response in the signature')
# random garbage
rnd = random.Random(7)
for i in range(20):
    bad(f'random-{i}', bytes((rnd.randrange(256) for _ in range(rnd.randrange(1, 2000)))), 'random')
