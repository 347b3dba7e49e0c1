export default [{ files: ['**/*.js'], rules: { eqeqeq: 'error', 'no-undef': 'error', 'no-unused-vars': 'warn', 'no-var': 'error' } }];
