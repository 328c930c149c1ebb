"""What is measured of one contender, and how a comparison is printed."""
import statistics
import sys


class Figure:
    """Rates and CPU of one contender at one load over the rounds."""

    def __init__(self):
        self.rates, self.cpu = [], []

    def add(self, rate, cpu_per_million):
        self.rates.append(rate)
        self.cpu.append(cpu_per_million)

    @property
    def rate(self):
        return statistics.median(self.rates)

    @property
    def cost(self):
        return statistics.median(self.cpu)


def table(title, figures, base, cost_label="CPU s/M"):
    print(f"\n{title}")
    print(f"  {'':28}{'per second':>12}{'ratio':>8}{cost_label:>10}{'ratio':>8}")
    for name, figure in figures.items():
        print(f"  {name:28}{figure.rate:12.0f}{figure.rate / figures[base].rate:8.2f}{figure.cost:10.2f}"
              f"{figure.cost / figures[base].cost if figures[base].cost else float('nan'):8.2f}")
    sys.stdout.flush()
