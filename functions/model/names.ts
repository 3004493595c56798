/** A name as that of a type: `order-item` becomes `OrderItem`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** A name as words of a sentence: `order-item` and `orderItem` become `order item`. */
export function inWords(name: string): string {
  return name
    .replaceAll('-', ' ')
    .replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
