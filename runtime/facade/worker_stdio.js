// worker.stdin, stdout and stderr for its creator. Node's own streams lead to the port that a worker takes its orders from.

const { inert } = use('deny');
const { defineProperty } = Reflect;
use('seal').builtin('stream');
const { Readable, Writable } = host.real('stream');

class WorkerOutput extends Readable {
  #real; #heard = false;
  static make(real) {
    const made = new WorkerOutput();
    made.#real = real;
    return made;
  }
  _read() {
    const real = this.#real;
    if (this.#heard) { real.resume(); return; }
    this.#heard = true;
    real.on('data', (chunk) => { if (!this.push(chunk)) real.pause(); });
    real.on('end', () => { this.push(null); });
    real.on('error', (error) => { this.destroy(error); });
  }
}
class WorkerInput extends Writable {
  #real;
  static make(real) {
    const made = new WorkerInput({ decodeStrings: false });
    made.#real = real;
    return made;
  }
  _write(chunk, encoding, callback) { this.#real.write(chunk, encoding === 'buffer' ? undefined : encoding, (error) => { callback(error); }); }
  _final(callback) { this.#real.end(() => { callback(); }); }
}
const { make: output } = WorkerOutput;
const { make: input } = WorkerInput;
for (const K of [WorkerOutput, WorkerInput]) {
  defineProperty(K.prototype, 'constructor', { value: inert(K.name, K.prototype), writable: true, configurable: true });
  use('seal').own(K);
}
exports.output = (real) => output(real);
exports.input = (real) => input(real);
