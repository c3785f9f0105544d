//! Rules for strings and numbers.

use super::Checker;
use crate::decimal::Decimal;
use crate::text::{float, integer, quote};

impl Checker<'_, '_, '_> {
    pub(super) fn check_string(&mut self, text: &str) {
        let rules = &self.node.rules.string;
        if rules.min_length.is_some() || rules.max_length.is_some() {
            self.evaluation.spend(text.len());
            let length = text.chars().count();
            if let Some(least) = rules.min_length.filter(|least| length < *least) {
                self.fail(|| format!("minLength: got {}, want {}", integer(length), integer(least)));
            }
            if let Some(most) = rules.max_length.filter(|most| length > *most) {
                self.fail(|| format!("maxLength: got {}, want {}", integer(length), integer(most)));
            }
        }
        if let Some(pattern) = &rules.pattern
            && self.evaluation.spend(text.len())
            && !pattern.is_match(text)
        {
            self.fail(|| format!("{} does not match pattern {}", quote(text), quote(pattern.source())));
        }
    }

    pub(super) fn check_number(&mut self, text: &str) {
        let Some(number) = Decimal::parse(text) else { return };
        let rules = &self.node.rules.number;
        self.check_bound("minimum", &number, rules.minimum.as_ref(), |number, bound| number >= bound);
        self.check_bound("maximum", &number, rules.maximum.as_ref(), |number, bound| number <= bound);
        self.check_bound("exclusiveMinimum", &number, rules.exclusive_minimum.as_ref(), |number, bound| number > bound);
        self.check_bound("exclusiveMaximum", &number, rules.exclusive_maximum.as_ref(), |number, bound| number < bound);
        let division = rules.multiple_of.as_ref().map_or(0, |divisor| number.cost_of_division(divisor));
        if division > 0 && !self.evaluation.spend(division) {
            return;
        }
        self.check_bound("multipleOf", &number, rules.multiple_of.as_ref(), Decimal::is_multiple_of);
    }

    fn check_bound(
        &mut self,
        keyword: &str,
        number: &Decimal,
        bound: Option<&Decimal>,
        holds: impl Fn(&Decimal, &Decimal) -> bool,
    ) {
        if let Some(bound) = bound.filter(|bound| !holds(number, bound)) {
            self.fail(|| format!("{keyword}: got {}, want {}", float(number.to_f64()), float(bound.to_f64())));
        }
    }
}
