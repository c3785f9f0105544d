//! Calls functions: counts arguments, evaluates them, and says in Go's words what does not fit.

use super::Call;
use super::argument::Parameter;
use super::field::Given;
use super::operand::Operand;
use super::run::Run;
use super::state::{Evaluated, State};
use crate::builtins::{Builtin, index};
use crate::function::{Function, FunctionError, Signature};
use crate::syntax::node::{Callee, CalleeId, NodeId};
use crate::value::Value;

/// What says how many arguments a function takes, and of what types.
#[derive(Clone, Copy)]
enum Parameters<'f> {
    Signature(&'f Signature),
    Builtin(Builtin),
}

impl Parameters<'_> {
    fn fixed_count(self) -> usize {
        match self {
            Self::Signature(signature) => signature.fixed_count(),
            Self::Builtin(builtin) => builtin.fixed_count(),
        }
    }

    fn is_variadic(self) -> bool {
        match self {
            Self::Signature(signature) => signature.variadic,
            Self::Builtin(builtin) => builtin.is_variadic(),
        }
    }

    fn at(self, index: usize) -> Parameter {
        match self {
            Self::Signature(signature) => Parameter::Typed(signature.parameter(index)),
            Self::Builtin(builtin) => builtin.parameter(index),
        }
    }
}

impl State<'_, '_> {
    /// Calls what an identifier stands for. `node` is where an error of the function is reported.
    pub(super) fn call(
        &mut self,
        dot: &Operand,
        callee: CalleeId,
        (node, name): (NodeId, &[u8]),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        match self.source.callee(callee) {
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
        let parameters = Parameters::Signature(function.signature());
        let mut arguments = Vec::with_capacity(given.arguments.len() + 1);
        self.evaluate_arguments(dot, parameters, (name, given), |_, argument| arguments.push(argument.value))?;
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
        let parameters = Parameters::Builtin(builtin);
        if matches!(builtin, Builtin::And | Builtin::Or) {
            self.check_count(parameters, name, &given)?;
            return self.short_circuit(dot, builtin, given);
        }
        let callee = if builtin == Builtin::Call { self.callee_name(&given) } else { String::new() };
        let mark = self.run.operands.len();
        self.evaluate_arguments(dot, parameters, (name, given), |run, argument| run.operands.push(argument))?;
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
        Ok(given.piped.take().unwrap_or(value))
    }

    fn check_count(&self, parameters: Parameters<'_>, name: &[u8], given: &Given<'_>) -> Evaluated<()> {
        let written = given.arguments.len();
        let count = written + usize::from(given.piped.is_some());
        let (wanted, variadic) = (parameters.fixed_count(), parameters.is_variadic());
        if count == wanted || variadic && count > wanted {
            return Ok(());
        }
        let name = String::from_utf8_lossy(name);
        // Go counts what came through the pipe in one of the two messages only.
        let counts = if variadic { format!("at least {wanted} got {written}") } else { format!("{wanted} got {count}") };
        Err(self.error(format_args!("wrong number of args for {name}: want {counts}")))
    }

    /// Evaluates and checks all arguments, and hands them on one by one.
    fn evaluate_arguments(
        &mut self,
        dot: &Operand,
        parameters: Parameters<'_>,
        (name, given): (&[u8], Given<'_>),
        mut receive: impl FnMut(&mut Run, Operand),
    ) -> Evaluated<()> {
        self.check_count(parameters, name, &given)?;
        for (index, &argument) in given.arguments.iter().enumerate() {
            self.take_step()?;
            let argument = self.evaluate_argument(dot, parameters.at(index), argument)?;
            receive(self.run, argument);
        }
        if let Some(piped) = given.piped.take() {
            let piped = self.validate(piped, parameters.at(given.arguments.len()))?;
            receive(self.run, piped);
        }
        Ok(())
    }
}
