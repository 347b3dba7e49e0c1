"""DER, keys, certificates and CMS by an encoder of our own, so that every field can be wrong on purpose; keys, and ECDSA signatures, by the openssl command."""
import atexit
import base64
import functools
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
K = tempfile.mkdtemp(prefix='packsec-keys-')
atexit.register(shutil.rmtree, K, ignore_errors=True)


def ln(n, long=0):
    if n < 128 and (not long):
        return bytes([n])
    b = n.to_bytes((n.bit_length() + 7) // 8 or 1, 'big')
    b = b'\x00' * max(0, long - len(b)) + b
    return bytes([128 | len(b)]) + b


def tlv(t, *c, long=0):
    c = b''.join(c)
    return bytes([t]) + ln(len(c), long) + c


def seq(*c, **k):
    return tlv(48, *c, **k)


def set_(*c, sort=True):
    return tlv(49, *(sorted(c) if sort else c))


def oct_(b):
    return tlv(4, b)


def bit(b, unused=0):
    return tlv(3, bytes([unused]) + b)


def null():
    return b'\x05\x00'


def boo(v=True):
    return tlv(1, b'\xff' if v else b'\x00')


def int_(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big', signed=True)) if n >= 0 else tlv(2, n.to_bytes((n + 1).bit_length() // 8 + 1, 'big', signed=True))


def oid(s):
    a = [int(x) for x in s.split('.')]
    out = b''
    for x in [a[0] * 40 + a[1]] + a[2:]:
        e = bytes([x & 127])
        x >>= 7
        while x:
            e = bytes([128 | x & 127]) + e
            x >>= 7
        out += e
    return tlv(6, out)


def utf8(s):
    return tlv(12, s.encode() if isinstance(s, str) else s)


def ctx(n, *c, cons=True):
    return tlv(128 | (32 if cons else 0) | n, *c)


def utc(s):
    return tlv(23, s.encode())


def gen(s):
    return tlv(24, s.encode())


def when(s):
    return utc(s[2:]) if s[:4] < '2050' else gen(s)


def read(b, i=0):
    t = b[i]
    n = b[i + 1]
    j = i + 2
    if n & 128:
        k = n & 127
        n = int.from_bytes(b[j:j + k], 'big')
        j += k
    return (t, j, j + n)


def kids(b):
    t, i, e = read(b)
    out = []
    while i < e:
        _, _, f = read(b, i)
        out.append(b[i:f])
        i = f
    return out


def body(b):
    t, i, e = read(b)
    return b[i:e]


DATA = '1.2.840.113549.1.7.1'
SIGNED = '1.2.840.113549.1.7.2'
HASH = {'sha256': '2.16.840.1.101.3.4.2.1', 'sha384': '2.16.840.1.101.3.4.2.2', 'sha512': '2.16.840.1.101.3.4.2.3', 'sha224': '2.16.840.1.101.3.4.2.4', 'sha1': '1.3.14.3.2.26',
    'md5': '1.2.840.113549.2.5', 'sha3-256': '2.16.840.1.101.3.4.2.8', 'sha512-256': '2.16.840.1.101.3.4.2.6', 'ripemd160': '1.3.36.3.2.1', 'md4': '1.2.840.113549.2.4',
    'md2': '1.2.840.113549.2.2', 'sha3-512': '2.16.840.1.101.3.4.2.10', 'sm3': '1.2.156.10197.1.401', 'shake256': '2.16.840.1.101.3.4.2.12'}
RSA = '1.2.840.113549.1.1.1'
PSS = '1.2.840.113549.1.1.10'
EC = '1.2.840.10045.2.1'
RSASIG = {'md5': '1.2.840.113549.1.1.4', 'sha1': '1.2.840.113549.1.1.5', 'sha256': '1.2.840.113549.1.1.11', 'sha384': '1.2.840.113549.1.1.12', 'sha512': '1.2.840.113549.1.1.13',
    'sha224': '1.2.840.113549.1.1.14', 'md4': '1.2.840.113549.1.1.3', 'md2': '1.2.840.113549.1.1.2', 'ripemd160': '1.3.36.3.3.1.2', 'sha3-256': '2.16.840.1.101.3.4.3.14',
    'sha512-256': '1.2.840.113549.1.1.16'}
ECSIG = {'sha1': '1.2.840.10045.4.1', 'sha224': '1.2.840.10045.4.3.1', 'sha256': '1.2.840.10045.4.3.2', 'sha384': '1.2.840.10045.4.3.3', 'sha512': '1.2.840.10045.4.3.4',
    'sha3-256': '2.16.840.1.101.3.4.3.10'}
CURVE = {'P-256': '1.2.840.10045.3.1.7', 'P-384': '1.3.132.0.34', 'P-521': '1.3.132.0.35', 'P-224': '1.3.132.0.33', 'secp256k1': '1.3.132.0.10', 'P-192': '1.2.840.10045.3.1.1',
    'brainpoolP256r1': '1.3.36.3.3.2.8.1.1.7', 'secp112r1': '1.3.132.0.6'}
OSSL = {'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1', 'P-224': 'secp224r1', 'P-192': 'prime192v1'}


def H(md, b):
    if md in ('md4', 'md2', 'ripemd160', 'sm3', 'sha512-256', 'shake256'):
        try:
            return hashlib.new({'sha512-256': 'sha512_256', 'shake256': 'sha256'}.get(md, md), b).digest()
        except ValueError:
            return hashlib.md5(b).digest()
    return hashlib.new(md.replace('sha3-', 'sha3_'), b).digest()


def run(*a, input=None, ok=True):
    r = subprocess.run(a, input=input, capture_output=True)
    if ok and r.returncode:
        raise Exception(' '.join(map(str, a)) + '\n' + r.stderr.decode())
    return r.stdout


class Key:

    def __init__(self, kind, der, pem):
        self.kind, self.pem = (kind, pem)
        self.spki = run('openssl', 'pkey', '-in', pem, '-pubout', '-outform', 'DER') if der is None else der
        self.pubbits = body(kids(self.spki)[1])[1:]
        if kind == 'rsa':
            p = kids(run('openssl', 'rsa', '-in', pem, '-traditional', '-outform', 'DER'))
            self.n, self.e, self.d, self.p, self.q = [int.from_bytes(body(x), 'big') for x in p[1:6]]

    @property
    def ski(self):
        return hashlib.sha1(self.pubbits).digest()

    def power(self, m):
        """m ** d mod n, by the Chinese remainder theorem"""
        a, b = (pow(m, self.d % (x - 1), x) for x in (self.p, self.q))
        return b + (a - b) * pow(self.q, -1, self.p) % self.p * self.q

    def sign(self, md, data, pad='pkcs1'):
        if self.kind == 'rsa':
            k = (self.n.bit_length() + 7) // 8
            if pad == 'pkcs1':
                em = pkcs1(md, H(md, data), k)
            elif pad == 'pss':
                em = pss(md, H(md, data), self.n.bit_length() - 1, H(md, b'').__len__())
            else:
                em = pad(k, data)
            return self.power(int.from_bytes(em, 'big')).to_bytes(k, 'big')
        if self.kind in ('ed25519', 'ed448'):
            with tempfile.NamedTemporaryFile() as f:
                f.write(data)
                f.flush()
                return run('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', self.pem, '-in', f.name)
        return run('openssl', 'pkeyutl', '-sign', '-inkey', self.pem, input=H(md, data))


def dinfo(md, h, params=True):
    return seq(seq(oid(HASH[md]), null() if params else b''), oct_(h))


def pkcs1(md, h, k):
    t = dinfo(md, h)
    return b'\x00\x01' + b'\xff' * (k - 3 - len(t)) + b'\x00' + t


def mgf(md, seed, n):
    o = b''
    i = 0
    while len(o) < n:
        o += H(md, seed + i.to_bytes(4, 'big'))
        i += 1
    return o[:n]


def pss(md, mh, embits, slen, mgfmd=None, salt=None):
    hl = len(mh)
    el = (embits + 7) // 8
    salt = secrets.token_bytes(slen) if salt is None else salt
    h = H(md, b'\x00' * 8 + mh + salt)
    db = b'\x00' * (el - slen - hl - 2) + b'\x01' + salt
    m = bytes((a ^ b for a, b in zip(db, mgf(mgfmd or md, h, len(db)))))
    m = bytes([m[0] & 255 >> 8 * el - embits]) + m[1:]
    return m + h + b'\xbc'


def pssparams(md, salt=None, mgfmd=None, trailer=None):
    h = seq(oid(HASH[md]))
    g = seq(oid(HASH[mgfmd or md]))
    return seq(ctx(0, h), ctx(1, seq(oid('1.2.840.113549.1.1.8'), g)), ctx(2, int_(len(H(md, b'')) if salt is None else salt)), ctx(3,
        int_(trailer)) if trailer is not None else b'')


@functools.lru_cache(None)
def key(name, kind='rsa', arg='2048', e=None):
    pem = f'{K}/{name}.pem'
    if not os.path.exists(pem):
        if kind == 'rsa':
            run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:' + arg, *(['-pkeyopt', f'rsa_keygen_pubexp:{e}'] if e else []), '-out', pem)
        elif kind == 'ec':
            run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:' + OSSL.get(arg, arg), '-out', pem)
        elif kind == 'rsapss':
            run('openssl', 'genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:' + arg, '-out', pem)
        elif kind == 'dsa':
            run('openssl', 'genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt', 'dsa_paramgen_bits:1024', '-out', pem + '.p')
            run('openssl', 'genpkey', '-paramfile', pem + '.p', '-out', pem)
        else:
            run('openssl', 'genpkey', '-algorithm', kind, '-out', pem)
    k = Key('rsa' if kind == 'rsa' else kind, None, pem)
    k.arg = arg
    return k


# algorithm identifiers


def sigalg(k, md, pad='pkcs1'):
    if k.kind in ('rsa', 'rsapss'):
        if pad == 'pss':
            return seq(oid(PSS), pssparams(md))
        return seq(oid(RSASIG[md]), null())
    if k.kind == 'ec':
        return seq(oid(ECSIG[md]))
    if k.kind == 'ed25519':
        return seq(oid('1.3.101.112'))
    if k.kind == 'ed448':
        return seq(oid('1.3.101.113'))
    if k.kind == 'dsa':
        return seq(oid('2.16.840.1.101.3.4.3.2'))


def name(*rdns, enc=utf8):
    if len(rdns) == 1 and isinstance(rdns[0], str):
        rdns = [('2.5.4.10', 'Example'), ('2.5.4.3', rdns[0])]
    return seq(*[set_(seq(oid(o), enc(v) if isinstance(v, str) else v)) for o, v in rdns])


def ext(o, val, crit=False):
    return seq(oid(o), boo() if crit else b'', oct_(val))


def e_bc(ca=True, path=None, crit=True):
    return ext('2.5.29.19', seq(boo() if ca else b'', int_(path) if path is not None else b''), crit)


def bits(*n):
    m = max(n)
    v = bytearray(m // 8 + 1)
    for x in n:
        v[x // 8] |= 128 >> x % 8
    return bit(bytes(v), 7 - m % 8)


def e_ku(*n, crit=True):
    return ext('2.5.29.15', bits(*n), crit)


EKU = {'code': '1.3.6.1.5.5.7.3.3', 'server': '1.3.6.1.5.5.7.3.1', 'client': '1.3.6.1.5.5.7.3.2', 'email': '1.3.6.1.5.5.7.3.4', 'time': '1.3.6.1.5.5.7.3.8', 'any': '2.5.29.37.0',
    'ms': '1.3.6.1.4.1.311.10.3.13', 'ocsp': '1.3.6.1.5.5.7.3.9'}


def e_eku(*n, crit=False):
    return ext('2.5.29.37', seq(*[oid(EKU.get(x, x)) for x in n]), crit)


def e_ski(k):
    return ext('2.5.29.14', oct_(k.ski))


def e_aki(k):
    return ext('2.5.29.35', seq(ctx(0, k.ski, cons=False)))


class Cert:

    def __init__(s, der, key):
        s.der, s.key = (der, key)
        t = kids(kids(der)[0])
        i = 1 if t[0][0] == 160 else 0
        s.serial, s.issuer, s.subject = (t[i], t[i + 2], t[i + 4])
        s.spki = t[i + 5]

    def pem(s, label='CERTIFICATE'):
        return b'-----BEGIN %s-----\n' % label.encode() + b''.join((base64.b64encode(s.der)[i:i + 64] + b'\n' for i in range(0, len(base64.b64encode(s.der)),
            64))) + b'-----END %s-----\n' % label.encode()

    def with_key(s, k):
        c = Cert(s.der, k)
        return c


NB, NA = ('20260101000000Z', '20361231235959Z')
_n = [4096]


def cert(subject, k, ca=None, cakey=None, serial=None, nb=NB, na=NA, exts=None, md='sha256', pad='pkcs1', version=2, issuer=None, alg=None, alg2=None, spki=None, sigv=None,
    tail=b'', uid=b'', tag_exts=163):
    subject = subject if isinstance(subject, bytes) else name(subject)
    ck = cakey or (ca.key if ca else k)
    issuer = issuer or (ca.subject if ca else subject)
    if serial is None:
        _n[0] += 1
        serial = int_(_n[0] + 98956046499840)
    if isinstance(serial, int):
        serial = int_(serial)
    if exts is None:
        exts = []
    a = alg if alg is not None else sigalg(ck, md, pad)
    tbs = seq(ctx(0, int_(version)) if version else b'', serial, a, issuer, seq(nb if isinstance(nb, bytes) else when(nb), na if isinstance(na, bytes) else when(na)), subject,
        spki or k.spki, uid, tlv(tag_exts, seq(*exts)) if exts else b'', tail)
    s = ck.sign(md, tbs, pad) if sigv is None else sigv(tbs) if callable(sigv) else sigv
    return Cert(seq(tbs, alg2 if alg2 is not None else a, bit(s)), k)


def ca_exts(k, cak, path=None, more=()):
    return [e_bc(True, path), e_ku(5, 6), e_ski(k), e_aki(cak), *more]


def leaf_exts(k, cak, more=(), eku=('code',), ku=(0,), bc=None):
    return [*([bc] if bc else []), *([e_ku(*ku)] if ku else []), *([e_eku(*eku)] if eku else []), e_ski(k), e_aki(cak), *more]


def crl(ca, revoked=(), this=NB, nxt=NA, number=1, md='sha256', k=None, issuer=None, more=(), v2=True, alg=None, entry_exts=b''):
    k = k or ca.key
    a = alg or sigalg(k, md)
    ent = [seq(c.serial if isinstance(c, Cert) else c, when('20260601000000Z'), entry_exts) for c in revoked]
    ex = [ext('2.5.29.20', int_(number)), e_aki(k), *more]
    tbs = seq(int_(1) if v2 else b'', a, issuer or ca.subject, when(this), when(nxt) if nxt else b'', seq(*ent) if ent else b'', ctx(0, seq(*ex)) if v2 else b'')
    return seq(tbs, a, bit(k.sign(md, tbs)))


def pem(label, der):
    b = base64.b64encode(der)
    return b'-----BEGIN %s-----\n' % label.encode() + b''.join((b[i:i + 64] + b'\n' for i in range(0, len(b), 64))) + b'-----END %s-----\n' % label.encode()


# attributes
CT, MD, ST = ('1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4', '1.2.840.113549.1.9.5')


def attr(o, *v):
    return seq(oid(o), set_(*v))


def a_ct(t=DATA):
    return attr(CT, oid(t))


def a_md(h):
    return attr(MD, oct_(h))


def a_st(s='261101000000Z'):
    return attr(ST, utc(s))


def signer_info(policy, c, md='sha256', attrs='std', sid='is', version=None, dalg=None, salg=None, pad='pkcs1', sigv=None, unsigned=None, ct=DATA, k=None, sort=True, attr_tag=160,
    signmd=None, signed_bytes=None, extra=b'', saparams=True):
    k = k or c.key
    if attrs == 'std':
        attrs = [a_ct(ct), a_md(H(md, policy)), a_st()]
    if isinstance(sid, bytes):
        s = sid
    else:
        s = seq(c.issuer, c.serial) if sid == 'is' else ctx(0, k.ski, cons=False)
    if version is None:
        version = 3 if s[0] == 128 else 1
    version = version if isinstance(version, bytes) else int_(version)
    da = dalg if dalg is not None else seq(oid(HASH[md]), null())
    if salg is None:
        salg = (seq(oid(RSA), null()) if pad != 'pss' else sigalg(k, md, 'pss')) if k.kind in ('rsa', 'rsapss') else sigalg(k, md)
    if attrs is None:
        sa = b''
        tbs = policy
    else:
        at = sorted(attrs) if sort else attrs
        sa = tlv(attr_tag, *at)
        tbs = tlv(49, *at)
    if signed_bytes is not None:
        tbs = signed_bytes
    sv = k.sign(signmd or md, tbs, pad) if sigv is None else sigv(tbs) if callable(sigv) else sigv
    return seq(version, s, da, sa, salg, oct_(sv), tlv(161, *unsigned) if unsigned is not None else b'', extra)


def sd(sis, certs, md='sha256', version=None, dalgs=None, ect=DATA, econtent=None, crls=None, wrap=True, outer=SIGNED, sort=True, certs_raw=None, extra=b'', eci=None, tail=b'',
    si_sort=True):
    if version is None:
        version = 1 if ect == DATA and all((b'\x02\x01\x03' != kids(x)[0] for x in sis)) else 3
    version = version if isinstance(version, bytes) else int_(version)
    da = set_(*[seq(oid(HASH[m]), null()) for m in ([md] if isinstance(md, str) else md)]) if dalgs is None else dalgs
    ci = eci if eci is not None else seq(oid(ect), ctx(0, econtent) if econtent is not None else b'')
    cs = [c.der if isinstance(c, Cert) else c for c in certs] if certs is not None else None
    cb = certs_raw if certs_raw is not None else tlv(160, *(sorted(cs) if sort else cs)) if cs is not None else b''
    s = seq(version, da, ci, cb, tlv(161, *crls) if crls is not None else b'', tlv(49, *(sorted(sis) if si_sort else sis)), extra)
    return (seq(oid(outer), ctx(0, s)) if wrap else s) + tail


