/**
 * XML: reads documents into elements and text, writes documents with everything escaped. Knows no
 * operation. Refuses what security.md 7.4 lists; sends no xmlns.
 */
export { parseXml, type XmlElement, type XmlLimits, XmlProblem } from './read.ts';
export { element, renderXml, type XmlNode } from './write.ts';
