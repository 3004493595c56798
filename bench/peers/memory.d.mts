export function read(): Promise<object>
export function list(limit: number): Promise<object[]>
export function create(student: object): Promise<object>
