const Mocha = require('mocha'); const m = new Mocha({ reporter: 'tap', ui: 'tdd', color: false }); m.suite.emit('pre-require', global, null, m);
suite('tdd', () => { setup(() => {}); test('one', () => {}); test('two', () => { throw new Error('two'); }); });
m.run((f) => { console.log('failures', f); process.exitCode = f; });
