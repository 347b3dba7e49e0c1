const { z } = require('zod');

const User = z.object({ name: z.string().min(2), age: z.coerce.number().int().optional(), kind: z.enum(['a', 'b']).default('a') });
console.log(User.parse({ name: 'Ann', age: '42' }));
const bad = User.safeParse({ name: 'x', kind: 'c' });
console.log(bad.success, bad.error.issues.map((i) => `${i.path} ${i.message}`));
console.log(z.union([z.string(), z.array(z.number())]).safeParse([1, 'x']).success);
