//! Calls functions: counts arguments, evaluates them, and says in Go's words what does not fit.

use super::Call;
use super::argument::Parameter;
use super::field::Given;
use super::operand::Operand;
use super::run::Run;
use super::state::{Evaluated, State};
use crate::builtins::{Builtin, index};
use crate::function::{Function, FunctionError};
use crate::syntax::node::{Callee, NodeId};
use crate::value::Value;

/// How many arguments a function takes, and of what types.
struct Shape<'f> {
    fixed: usize,
    variadic: bool,
    parameter: &'f dyn Fn(usize) -> Parameter,
}

impl State<'_, '_> {
    /// Calls what an identifier stands for. `node` is where an error of the function is reported.
    pub(super) fn call(
        &mut self,
        dot: &Operand,
        callee: &Callee,
        (node, name): (NodeId, &[u8]),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        match callee {
            Callee::Host(function) => self.call_method(dot, function.as_ref(), (node, name), given),
            Callee::Builtin(builtin) => self.call_builtin(dot, *builtin, (node, name), given),
        }
    }

    /// Calls a function with a signature.
    pub(super) fn call_method(
        &mut self,
        dot: &Operand,
        function: &dyn Function,
        (node, name): (NodeId, &[u8]),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let signature = *function.signature();
        let parameter = |index| Parameter::Typed(signature.parameter(index));
        let shape = Shape { fixed: signature.fixed_count(), variadic: signature.variadic, parameter: &parameter };
        let mut arguments = Vec::with_capacity(given.arguments.len() + 1);
        self.evaluate_arguments(dot, &shape, (name, given), |_, argument| arguments.push(argument.value))?;
        let result = function.call(arguments, &mut Call::new(self.environment, self.run));
        self.finish(result.map(Operand::plain), node, name)
    }

    fn finish(&mut self, result: Result<Operand, FunctionError>, node: NodeId, name: &[u8]) -> Evaluated<Operand> {
        result.map_err(|error| self.function_error(node, name, error))
    }

    fn call_builtin(
        &mut self,
        dot: &Operand,
        builtin: Builtin,
        (node, name): (NodeId, &[u8]),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let parameter = |index| builtin.parameter(index);
        let shape = Shape { fixed: builtin.fixed_count(), variadic: builtin.is_variadic(), parameter: &parameter };
        if matches!(builtin, Builtin::And | Builtin::Or) {
            self.check_count(&shape, name, &given)?;
            return self.short_circuit(dot, builtin, given);
        }
        let callee = if builtin == Builtin::Call { self.callee_name(&given) } else { String::new() };
        let mark = self.run.operands.len();
        self.evaluate_arguments(dot, &shape, (name, given), |run, argument| run.operands.push(argument))?;
        let result = if builtin == Builtin::Call {
            let arguments = self.run.operands.split_off(mark);
            self.call_value(&arguments, &callee).map(Operand::plain)
        } else {
            let Run { operands, output, budget, .. } = &mut *self.run;
            builtin.call(&operands[mark..], output, budget)
        };
        self.run.operands.truncate(mark);
        self.finish(result, node, name)
    }

    /// `call`: a function that is a value, and its arguments. `name` is what the template calls it.
    fn call_value(&mut self, operands: &[Operand], name: &str) -> Result<Value, FunctionError> {
        let Some((function, arguments)) = operands.split_first() else { return Err(FunctionError::new("call of nil")) };
        let function = match &function.value {
            Value::Nil => return Err(FunctionError::new("call of nil")),
            Value::Function(function) => function,
            other => return Err(FunctionError::new(format!("non-function {name} of type {}", other.type_name()))),
        };
        let signature = *function.signature();
        let (count, fixed) = (arguments.len(), signature.fixed_count());
        if signature.variadic && count < fixed {
            return Err(FunctionError::new(format!("wrong number of args for {name}: got {count} want at least {fixed}")));
        }
        if !signature.variadic && count != fixed {
            return Err(FunctionError::new(format!("wrong number of args for {name}: got {count} want {fixed}")));
        }
        let mut prepared = Vec::with_capacity(count);
        for (position, argument) in arguments.iter().enumerate() {
            let value = index::prepare(&argument.value, signature.parameter(position))
                .map_err(|error| FunctionError::new(format!("arg {position}: {error}")))?;
            prepared.push(value);
        }
        function.call(prepared, &mut Call::new(self.environment, self.run))
    }

    /// What `call` names the function that it is given.
    fn callee_name(&self, given: &Given<'_>) -> String {
        if let Some(&first) = given.arguments.first() {
            return self.source.display(first);
        }
        match given.piped.as_ref().map(|piped| &piped.value) {
            Some(Value::String(text)) => text.to_string_lossy(),
            None | Some(Value::Nil) => "<invalid Value>".to_owned(),
            Some(value) => format!("<{} Value>", value.type_name()),
        }
    }

    /// `and` and `or` evaluate only as many arguments as they need.
    fn short_circuit(&mut self, dot: &Operand, builtin: Builtin, given: Given<'_>) -> Evaluated<Operand> {
        let mut value = Operand::default();
        for &argument in given.arguments {
            value = self.evaluate_argument(dot, Parameter::Reflected, argument)?;
            if value.value.is_true() == (builtin == Builtin::Or) {
                return Ok(value);
            }
        }
        Ok(given.piped.unwrap_or(value))
    }

    fn check_count(&self, shape: &Shape<'_>, name: &[u8], given: &Given<'_>) -> Evaluated<()> {
        let name = String::from_utf8_lossy(name);
        let written = given.arguments.len();
        let count = written + usize::from(given.piped.is_some());
        if shape.variadic {
            if count < shape.fixed {
                let wanted = shape.fixed;
                return Err(self.error(format_args!("wrong number of args for {name}: want at least {wanted} got {written}")));
            }
        } else if count != shape.fixed {
            return Err(self.error(format_args!("wrong number of args for {name}: want {} got {count}", shape.fixed)));
        }
        Ok(())
    }

    /// Evaluates and checks all arguments, and hands them on one by one.
    fn evaluate_arguments(
        &mut self,
        dot: &Operand,
        shape: &Shape<'_>,
        (name, given): (&[u8], Given<'_>),
        mut receive: impl FnMut(&mut Run, Operand),
    ) -> Evaluated<()> {
        self.check_count(shape, name, &given)?;
        for (index, &argument) in given.arguments.iter().enumerate() {
            self.take_step()?;
            let argument = self.evaluate_argument(dot, (shape.parameter)(index), argument)?;
            receive(self.run, argument);
        }
        if let Some(piped) = given.piped {
            let piped = self.validate(piped, (shape.parameter)(given.arguments.len()))?;
            receive(self.run, piped);
        }
        Ok(())
    }
}
