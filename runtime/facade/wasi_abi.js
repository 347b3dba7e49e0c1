// WASI preview 1 as bytes: numbers of errors and file types, and a memory that is read and written by offset.

const ERRNO = { __proto__: null };
('SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY CANCELED CHILD CONNABORTED CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT FBIG HOSTUNREACH '
  + 'IDRM ILSEQ INPROGRESS INTR INVAL IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV NOENT NOEXEC NOLCK NOLINK NOMEM NOMSG '
  + 'NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK NOTSUP NOTTY NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS SPIPE SRCH STALE TIMEDOUT '
  + 'TXTBSY XDEV NOTCAPABLE').split(' ').forEach((name, i) => { ERRNO[name] = i; });
const TYPE = { UNKNOWN: 0, BLOCK: 1, CHARACTER: 2, DIRECTORY: 3, REGULAR: 4, STREAM: 6, LINK: 7 };

const typeOf = (st) => (st.isFile() ? TYPE.REGULAR : st.isDirectory() ? TYPE.DIRECTORY : st.isSymbolicLink() ? TYPE.LINK : st.isCharacterDevice() ? TYPE.CHARACTER
  : st.isBlockDevice() ? TYPE.BLOCK : st.isSocket() ? TYPE.STREAM : TYPE.UNKNOWN);

// An error of fs as a number; what a capability refuses is ACCES. Everything else (a capability that is no file's) goes up, with its reason.
const errnoOf = (error) => {
  const { code } = error ?? {};
  if (typeof code !== 'string' || code === 'ERR_CAPABILITY_DENIED') throw error;
  if (code[0] === 'E' && ERRNO[code.slice(1)] !== undefined) return ERRNO[code.slice(1)];
  return ERRNO.INVAL;
};

class Memory {
  #of;
  constructor(of) { this.#of = of; }
  // made anew for each call: it may have grown
  get view() { return new DataView(this.#of()); }
  bytes(at, n) { return new Uint8Array(this.#of(), at >>> 0, n >>> 0); }
  u32(at, value) { this.view.setUint32(at >>> 0, value, true); }
  u64(at, value) { this.view.setBigUint64(at >>> 0, BigInt.asUintN(64, BigInt(value)), true); }
  text(at, n) { return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes(at, n).slice()); }
  // the parts of a gathered read or write
  vectors(at, n) {
    const { view } = this;
    return Array.from({ length: n >>> 0 }, (_, i) => this.bytes(view.getUint32((at >>> 0) + 8 * i, true), view.getUint32((at >>> 0) + 8 * i + 4, true)));
  }
  // pointers to strings that end in zero, and the strings
  table(pointers, buffer, strings) {
    for (const bytes of strings) {
      this.u32(pointers, buffer);
      this.bytes(buffer, bytes.length).set(bytes);
      pointers += 4;
      buffer += bytes.length;
    }
  }
  stat(at, st, type) {
    const { view } = this;
    const put = (offset, value) => view.setBigUint64((at >>> 0) + offset, BigInt.asUintN(64, value), true);
    put(0, st.dev);
    put(8, st.ino);
    put(16, BigInt(type));
    put(24, st.nlink);
    put(32, st.size);
    put(40, st.atimeNs);
    put(48, st.mtimeNs);
    put(56, st.ctimeNs);
  }
}
for (const K of [Memory]) use('seal').own(K);

Object.assign(exports, { ERRNO, TYPE, Memory, typeOf, errnoOf });
