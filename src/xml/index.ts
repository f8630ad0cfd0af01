/**
 * XML: reads documents into elements and text, writes documents with everything escaped. Knows no
 * operation. Refuses what security.md 7.4 lists; sends no xmlns.
 */
export { parseXml, type XmlElement, XmlProblem, type XmlLimits } from './read.ts';
export { type XmlNode, element, renderXml } from './write.ts';
