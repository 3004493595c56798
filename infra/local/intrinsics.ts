import { Failure } from '../failure.ts'
import type { Template } from './assembly.ts'

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
export interface Identity {
  ref: string
  attributes: Record<string, string>
}

export interface Scope {
  template: Template
  parameters: Record<string, string>
  pseudo: Record<string, string>
  identify(logicalId: string): Identity
}

export type Resolve = (value: unknown, at: string) => unknown

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Evaluates CloudFormation's intrinsic functions. `AWS::NoValue` becomes `undefined` and is left
 * out of lists and objects. Whatever is not understood is refused, naming the resource `at`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export function createResolver(scope: Scope): Resolve {
  const { template, pseudo } = scope

  function ref(name: string, at: string): unknown {
    if (name === 'AWS::NoValue') return undefined
    if (name in pseudo) return pseudo[name]
    const parameter = template.Parameters?.[name]
    if (parameter === undefined) return resource(name, at).ref
    const value = scope.parameters[name] ?? parameter.Default
    if (value === undefined) throw new Failure(`${at}: parameter ${name} has no value`)
    if (parameter.Type.startsWith('AWS::SSM::') && !(name in scope.parameters)) {
      throw new Failure(`${at}: parameter ${name} comes from SSM; give it a value`)
    }
    return parameter.Type === 'CommaDelimitedList' ? String(value).split(',') : String(value)
  }

  function resource(logicalId: string, at: string): Identity {
    if (template.Resources[logicalId] === undefined) {
      throw new Failure(`${at}: refers to ${logicalId}, which the template does not have`)
    }
    return scope.identify(logicalId)
  }

  function attribute(path: unknown, at: string): string {
    const [logicalId, ...rest] = Array.isArray(path) ? path : String(path).split('.')
    const name = rest.join('.')
    const value = resource(String(logicalId), at).attributes[name]
    if (value === undefined) {
      throw new Failure(`${at}: the attribute ${name} of ${logicalId} is not known here`)
    }
    return value
  }

  function text(value: unknown, at: string): string {
    const resolved = resolve(value, at)
    if (typeof resolved === 'object' || resolved === undefined) {
      throw new Failure(`${at}: expected text, got ${JSON.stringify(value)}`)
    }
    return String(resolved)
  }

  function list(value: unknown, at: string): unknown[] {
    const resolved = resolve(value, at)
    if (!Array.isArray(resolved)) {
      throw new Failure(`${at}: expected a list, got ${JSON.stringify(value)}`)
    }
    return resolved
  }

  function substitute(value: unknown, at: string): string {
    const [pattern, variables] = Array.isArray(value) ? value : [value, {}]
    return String(pattern).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`
      if (isObject(variables) && name in variables) return text(variables[name], at)
      return name.includes('.') ? attribute(name, at) : text({ Ref: name }, at)
    })
  }

  function condition(value: unknown, at: string): boolean {
    const resolved = isObject(value) ? resolve(value, at) : named(String(value), at)
    if (typeof resolved === 'boolean') return resolved
    throw new Failure(`${at}: ${JSON.stringify(value)} is not a condition`)
  }

  function named(name: string, at: string): boolean {
    const definition = template.Conditions?.[name]
    if (definition === undefined) throw new Failure(`${at}: there is no condition ${name}`)
    return condition(definition, `condition ${name}`)
  }

  function mapped(value: unknown, at: string): unknown {
    const [map, top, second] = list(value, at).map(String)
    const found = template.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? '']
    if (found === undefined) throw new Failure(`${at}: no mapping ${map}.${top}.${second}`)
    return found
  }

  const functions: Record<string, (value: unknown, at: string) => unknown> = {
    Ref: (value, at) => ref(String(value), at),
    Condition: (value, at) => named(String(value), at),
    'Fn::GetAtt': attribute,
    'Fn::Sub': substitute,
    'Fn::FindInMap': mapped,
    'Fn::Join': (value, at) => {
      const [separator, parts] = value as [string, unknown]
      return list(parts, at).map(String).join(separator)
    },
    'Fn::Split': (value, at) => {
      const [separator, source] = value as [string, unknown]
      return text(source, at).split(separator)
    },
    'Fn::Select': (value, at) => {
      const [index, source] = value as [unknown, unknown]
      const chosen = list(source, at)[Number(text(index, at))]
      if (chosen === undefined) throw new Failure(`${at}: Fn::Select is out of range`)
      return chosen
    },
    'Fn::Base64': (value, at) => Buffer.from(text(value, at)).toString('base64'),
    'Fn::If': (value, at) => {
      const [name, whenTrue, whenFalse] = value as [string, unknown, unknown]
      return resolve(condition(name, at) ? whenTrue : whenFalse, at)
    },
    'Fn::Equals': (value, at) => {
      const [left, right] = value as [unknown, unknown]
      return JSON.stringify(resolve(left, at)) === JSON.stringify(resolve(right, at))
    },
    'Fn::And': (value, at) => (value as unknown[]).every((part) => condition(part, at)),
    'Fn::Or': (value, at) => (value as unknown[]).some((part) => condition(part, at)),
    'Fn::Not': (value, at) => !condition((value as unknown[])[0], at),
  }

  function resolve(value: unknown, at: string): unknown {
    if (Array.isArray(value)) {
      return value.map((part) => resolve(part, at)).filter((part) => part !== undefined)
    }
    if (!isObject(value)) return value
    const entries = Object.entries(value)
    const [first] = entries
    if (entries.length === 1 && first !== undefined) {
      const [name, argument] = first
      const evaluate = functions[name]
      // `Condition` is also the name of a block in an IAM statement, whose value is an object.
      if (evaluate !== undefined && !(name === 'Condition' && isObject(argument))) {
        return evaluate(argument, at)
      }
      if (name.startsWith('Fn::')) throw new Failure(`${at}: ${name} is not understood here`)
    }
    return Object.fromEntries(
      entries
        .map(([name, part]) => [name, resolve(part, at)] as const)
        .filter(([, part]) => part !== undefined),
    )
  }

  return resolve
}
