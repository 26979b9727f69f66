package org.loraspark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Holds the rooms of the driver: config and console at the bottom, report above them, cluster above that, then benchmark,
 * cli on top, and nothing in the executors knows them.
 */
@AnalyzeClasses(packages = "org.loraspark", importOptions = DoNotIncludeTests.class)
class DriverArchitectureTest {
    @ArchTest
    static final ArchRule aRoomUsesOnlyTheRoomsBelow = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("config")
            .definedBy("org.loraspark.config..")
            .layer("console")
            .definedBy("org.loraspark.console..")
            .layer("report")
            .definedBy("org.loraspark.report..")
            .layer("cluster")
            .definedBy("org.loraspark.cluster..")
            .layer("benchmark")
            .definedBy("org.loraspark.benchmark..")
            .layer("cli")
            .definedBy("org.loraspark.cli..")
            .whereLayer("config")
            .mayNotAccessAnyLayer()
            .whereLayer("console")
            .mayNotAccessAnyLayer()
            .whereLayer("report")
            .mayOnlyAccessLayers("config", "console")
            .whereLayer("cluster")
            .mayOnlyAccessLayers("config", "console", "report")
            .whereLayer("benchmark")
            .mayOnlyAccessLayers("cluster", "config", "console");

    @ArchTest
    static final ArchRule onlyTheDriverKnowsTheDriver = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "org.loraspark.config..",
                    "org.loraspark.report..",
                    "org.loraspark.cluster..",
                    "org.loraspark.benchmark..",
                    "org.loraspark.cli..",
                    "org.loraspark.console..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.loraspark.config..",
                    "org.loraspark.report..",
                    "org.loraspark.cluster..",
                    "org.loraspark.benchmark..",
                    "org.loraspark.cli..",
                    "org.loraspark.console..");
}
