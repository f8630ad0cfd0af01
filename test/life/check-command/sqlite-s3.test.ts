import { checksOn } from './suite.ts';

checksOn({ database: 'SQLite', objects: 'S3' });
