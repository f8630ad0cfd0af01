/** An element as read. Attributes are not kept: no document of the API carries a fact in one. */
export class XmlElement {
  /** Without a namespace prefix; letter case as written, which is significant. */
  readonly name: string;
  /** All character data directly inside, comments left out, white space kept. */
  readonly text: string;
  /** In document order. */
  readonly children: readonly XmlElement[];

  constructor(name: string, text: string, children: readonly XmlElement[]) {
    this.name = name;
    this.text = text;
    this.children = children;
  }

  /** The first child of that name; whether a second one matters is for the operation to say. */
  child(name: string): XmlElement | undefined {
    return this.children.find((child) => child.name === name);
  }

  childrenNamed(name: string): readonly XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }
}
