package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// checkMetrics reads Prometheus's text format with Prometheus's own parser and writes one JSON line a sample:
// {"name", "type", "labels", "value"}; a histogram's sum and count are samples of their own. It fails on what the parser refuses.
func checkMetrics(in io.Reader, out io.Writer) error {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(in)
	if err != nil {
		return fmt.Errorf("not in Prometheus's text format: %w", err)
	}
	names := make([]string, 0, len(families))
	for name := range families {
		names = append(names, name)
	}
	slices.Sort(names)
	encoder := json.NewEncoder(out)
	for _, name := range names {
		for _, metric := range families[name].Metric {
			if err := writeSamples(encoder, families[name], metric); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeSamples(encoder *json.Encoder, family *dto.MetricFamily, metric *dto.Metric) error {
	labels := map[string]string{}
	for _, pair := range metric.Label {
		labels[pair.GetName()] = pair.GetValue()
	}
	write := func(suffix string, value float64) error {
		return encoder.Encode(map[string]any{
			"name": family.GetName() + suffix, "type": family.GetType().String(), "labels": labels, "value": fmt.Sprint(value),
		})
	}
	switch family.GetType() {
	case dto.MetricType_COUNTER:
		return write("", metric.Counter.GetValue())
	case dto.MetricType_GAUGE:
		return write("", metric.Gauge.GetValue())
	case dto.MetricType_HISTOGRAM:
		if err := write("_sum", metric.Histogram.GetSampleSum()); err != nil {
			return err
		}
		return write("_count", float64(metric.Histogram.GetSampleCount()))
	default:
		return write("", metric.GetUntyped().GetValue())
	}
}
