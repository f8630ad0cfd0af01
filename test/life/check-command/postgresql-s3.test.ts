import { checksOn } from './suite.ts';

checksOn({ database: 'PostgreSQL', objects: 'S3' });
