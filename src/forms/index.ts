/**
 * Browser forms: multipart/form-data read as it comes, in bounded memory (RFC 7578), and the
 * policies that sign them (oss-object-api.md PostObject). Knows no bucket and no caller.
 */
export { boundaryOf, type Form, type FormFile, openForm } from './form.ts';
export {
  checkPostPolicy,
  checkSizeAllowed,
  isSizeBeyond,
  type PolicyFacts,
  type PostPolicy,
  parsePostPolicy,
} from './policy.ts';
