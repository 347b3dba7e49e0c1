"""Keys, certificates and signatures for tests, by the openssl command."""
import datetime, pathlib, subprocess

CONFIG = '''[ca]
default_ca = x
[x]
database = {0}/index.txt
serial = {0}/serial
crlnumber = {0}/crlnumber
new_certs_dir = {0}
certificate = {0}/ca.pem
private_key = {0}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
'''


def openssl(*args):
    subprocess.run(['openssl', *map(str, args)], check=True, capture_output=True)


class Authority:
    """A CA that signs certificates for code signing."""

    def __init__(self, base, name):
        self.dir = pathlib.Path(base) / name
        self.dir.mkdir(parents=True)
        self.pem = self.dir / 'ca.pem'
        (self.dir / 'index.txt').write_text('')
        (self.dir / 'serial').write_text('1000\n')
        (self.dir / 'crlnumber').write_text('01\n')
        (self.dir / 'ca.cnf').write_text(CONFIG.format(self.dir))
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', 30,
                '-keyout', self.dir / 'ca.key', '-out', self.pem, '-subj', f'/CN={name}',
                '-addext', 'keyUsage=critical,keyCertSign,cRLSign')

    def certify(self, name, since=None, until=None):
        leaf = self.dir / name
        openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                '-keyout', f'{leaf}.key', '-out', f'{leaf}.csr', '-subj', f'/CN={name}')
        times = []
        for option, days in (('-startdate', since), ('-enddate', until)):
            if days is not None:
                when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
                times += [option, when.strftime('%Y%m%d%H%M%SZ')]
        openssl('ca', '-batch', '-notext', '-config', self.dir / 'ca.cnf', '-extensions', 'leaf',
                '-in', f'{leaf}.csr', '-out', f'{leaf}.pem', *times)
        return Signer(leaf)

    def revoke(self, signer):
        openssl('ca', '-config', self.dir / 'ca.cnf', '-revoke', f'{signer.leaf}.pem')

    def crl(self):
        openssl('ca', '-config', self.dir / 'ca.cnf', '-gencrl', '-out', self.dir / 'crl.pem')
        return (self.dir / 'crl.pem').read_text()


class Signer:
    def __init__(self, leaf):
        self.leaf = leaf

    def sign(self, policy, to=None):
        to = to or f'{policy}.p7s'
        openssl('cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256', '-signer', f'{self.leaf}.pem',
                '-inkey', f'{self.leaf}.key', '-in', policy, '-out', to)
        return pathlib.Path(to)
