//! Calls functions: counts arguments, evaluates them, and says in Go's words what does not fit.

use super::Call;
use super::argument::Parameter;
use super::field::Given;
use super::operand::Operand;
use super::state::{Evaluated, State};
use crate::builtins::{Builtin, Context};
use crate::function::{Function, FunctionError};
use crate::syntax::node::{Callee, NodeId};
use crate::text::Text;
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
        (node, name): (NodeId, &Text),
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
        (node, name): (NodeId, &Text),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let signature = *function.signature();
        let parameter = |index| Parameter::Typed(signature.parameter(index));
        let shape = Shape { fixed: signature.fixed_count(), variadic: signature.variadic, parameter: &parameter };
        let mut arguments = Vec::with_capacity(given.arguments.len() + 1);
        self.evaluate_arguments(dot, &shape, (name, given), |argument| arguments.push(argument.value))?;
        let environment = self.environment;
        let result = function.call(arguments, &mut Call::new(environment, self.budget));
        self.finish(result.map(Operand::plain), node, name)
    }

    fn finish(&mut self, result: Result<Operand, FunctionError>, node: NodeId, name: &Text) -> Evaluated<Operand> {
        result.map_err(|error| self.function_error(node, name, error))
    }

    fn call_builtin(
        &mut self,
        dot: &Operand,
        builtin: Builtin,
        (node, name): (NodeId, &Text),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let parameter = |index| builtin.parameter(index);
        let shape = Shape { fixed: builtin.fixed_count(), variadic: builtin.is_variadic(), parameter: &parameter };
        if matches!(builtin, Builtin::And | Builtin::Or) {
            self.check_count(&shape, name, &given)?;
            return self.short_circuit(dot, builtin, given);
        }
        let callee = if builtin == Builtin::Call { self.callee_name(&given) } else { String::new() };
        let mut arguments = Vec::with_capacity(given.arguments.len() + 1);
        self.evaluate_arguments(dot, &shape, (name, given), |argument| arguments.push(argument))?;
        let environment = self.environment;
        let result = builtin.call(arguments, &mut Context { environment, budget: self.budget, callee: &callee });
        self.finish(result, node, name)
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

    fn check_count(&self, shape: &Shape<'_>, name: &Text, given: &Given<'_>) -> Evaluated<()> {
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
        (name, given): (&Text, Given<'_>),
        mut receive: impl FnMut(Operand),
    ) -> Evaluated<()> {
        self.check_count(shape, name, &given)?;
        for (index, &argument) in given.arguments.iter().enumerate() {
            self.take_step()?;
            receive(self.evaluate_argument(dot, (shape.parameter)(index), argument)?);
        }
        if let Some(piped) = given.piped {
            receive(self.validate(piped, (shape.parameter)(given.arguments.len()))?);
        }
        Ok(())
    }
}
