// A database in native code: it opens, locks, renames and removes files by itself.
import { ClassicLevel } from 'classic-level';
import { mkdirSync, readdirSync } from 'node:fs';

mkdirSync('data', { recursive: true });
const db = new ClassicLevel('data/db', { valueEncoding: 'json' });
await db.open();
await db.clear();
await db.batch([{ type: 'put', key: 'a', value: 1 }, { type: 'put', key: 'b', value: { deep: true } }]);
for (let i = 0; i < 2000; i++) await db.put(`key-${i}`, { i, text: 'x'.repeat(100) });
await db.compactRange('a', 'z');
console.log(await db.get('b'), (await db.keys().all()).length);
await db.close();
const again = new ClassicLevel('data/db', { valueEncoding: 'json' });
console.log(await again.get('key-7'), readdirSync('data/db').includes('CURRENT'));
await again.close();
